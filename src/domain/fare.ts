import { moneyText } from './money.ts';
import { type Carriage, type Condition, itineraryKey, type Offer } from './offer.ts';

/** What a fare is known by, whatever it costs and whichever search shows it: in words that a traveller reads. */
export interface FareFacts {
  readonly flights: string;
  readonly brand: string;
  readonly cabin: string;
  readonly bags: string;
  readonly refund: string;
  readonly change: string;
}

const LABELS: Readonly<Record<keyof FareFacts, string>> = {
  flights: 'flights',
  brand: 'fare',
  cabin: 'cabin',
  bags: 'bags',
  refund: 'cancellation before departure',
  change: 'change before departure',
};
const UNKNOWN = 'unknown';

/** An unknown fact has a word of its own, so that it equals no known one. */
export function fareFacts(offer: Offer): FareFacts {
  const { brands = [], carriage = [], refund = null, change = null } = offer.terms ?? {};
  const passages = carriage.flat();
  const cabins = offer.terms ? passages.map(({ cabin }) => cabin) : cabinsOf(offer);
  return {
    flights: `${offer.airline} ${itineraryKey(offer)}`,
    brand: list(brands.map((brand) => brand ?? UNKNOWN)),
    cabin: list(cabins.map((cabin) => cabin?.replaceAll('_', ' ') ?? UNKNOWN)),
    bags: list(passages.map(bagsText)),
    refund: conditionText(refund),
    change: conditionText(change),
  };
}

/** A fare in one line, for people. */
export function fareText(offer: Offer): string {
  const { brand, cabin, bags, refund, change } = fareFacts(offer);
  return `${brand} · ${cabin} · ${bags} · cancellation: ${refund} · change: ${change}`;
}

/** The key of a fare: equal for offers of the same fare. Fees are not part of it, for some move with the price. */
export const fareKey = (offer: Offer): string => Object.values(fareFacts(offer)).join(' · ');

/**
 * How an offer differs from the fare that was meant, in words; empty when it is that fare. A higher fee for a cancellation or
 * a change is a difference, and so is a fact that was known and is not, or the reverse. More bags are none: an airline gives
 * them to members of its loyalty programme, whom only a booking's own search names.
 * @param options.mayBecomeKnown a fact that was unknown may be known now
 */
export function fareDifferences(
  meant: Offer,
  found: Offer,
  { mayBecomeKnown = false }: { readonly mayBecomeKnown?: boolean } = {},
): string[] {
  const [wanted, facts] = [fareFacts(meant), fareFacts(found)];
  const differing = (Object.keys(LABELS) as (keyof FareFacts)[]).filter(
    (fact) =>
      wanted[fact] !== facts[fact] &&
      !(mayBecomeKnown && wanted[fact].includes(UNKNOWN)) &&
      !(fact === 'bags' && hasNoFewerBags(meant, found)),
  );
  return [
    ...differing.map((fact) => `${LABELS[fact]}: ${facts[fact]}, not ${wanted[fact]}`),
    ...(wanted.refund === facts.refund
      ? dearerFee('cancellation', meant.terms?.refund, found.terms?.refund)
      : []),
    ...(wanted.change === facts.change ? dearerFee('change', meant.terms?.change, found.terms?.change) : []),
  ];
}

/** Whether both are the same fare, with fees no higher. */
export const isSameFare = (meant: Offer, found: Offer): boolean => fareDifferences(meant, found).length === 0;

/** Bags of a kind that every passenger with a seat may take on every flight; null when that is not known. */
export function includedBags(
  { terms, passengers, checkedBags }: Offer,
  kind: 'checkedBags' | 'carryOnBags' = 'checkedBags',
): number | null {
  if (!terms) return kind === 'checkedBags' ? checkedBags : null;
  const counts = terms.carriage.flatMap((segment) =>
    segment.filter((_, index) => hasSeat(passengers[index]?.type)).map((one) => one[kind]),
  );
  return counts.length === 0 || counts.includes(null) ? null : Math.min(...(counts as number[]));
}

/** Of an offer that a version before stored: the cabins of its first passenger. */
const cabinsOf = ({ slices }: Offer): string[] =>
  slices.flatMap(({ segments }) => segments.map(({ cabin }) => cabin));

function hasNoFewerBags(meant: Offer, found: Offer): boolean {
  const [wanted, given] = [meant.terms?.carriage.flat() ?? [], found.terms?.carriage.flat() ?? []];
  const enough = (had: number | null, has: number | null | undefined): boolean =>
    had === null || has == null ? had === has : has >= had;
  return (
    wanted.length > 0 &&
    wanted.length === given.length &&
    wanted.every(
      ({ checkedBags, carryOnBags }, index) =>
        enough(checkedBags, given[index]?.checkedBags) && enough(carryOnBags, given[index]?.carryOnBags),
    )
  );
}

/** An infant on a lap has no seat, and mostly no bags. */
const hasSeat = (type: string | undefined): boolean => type !== 'infant_without_seat';

function bagsText({ checkedBags, carryOnBags }: Carriage): string {
  return `${checkedBags ?? UNKNOWN} checked, ${carryOnBags ?? UNKNOWN} carry-on`;
}

function conditionText(condition: Condition | null): string {
  if (!condition) return UNKNOWN;
  if (!condition.allowed) return 'not allowed';
  if (!condition.fee) return 'allowed, for an unknown fee';
  return condition.fee.minor === 0 ? 'free of charge' : 'allowed, for a fee';
}

function dearerFee(what: string, meant?: Condition | null, found?: Condition | null): string[] {
  if (!meant?.fee || !found?.fee) return [];
  const dearer =
    found.fee.minor > 0 && (found.fee.minor > meant.fee.minor || found.fee.currency !== meant.fee.currency);
  return dearer ? [`fee for a ${what}: ${moneyText(found.fee)}, not ${moneyText(meant.fee)}`] : [];
}

/** One word where all are the same, else each. */
function list(words: readonly string[]): string {
  if (words.length === 0) return UNKNOWN;
  return new Set(words).size === 1 ? (words[0] as string) : words.join(' / ');
}
