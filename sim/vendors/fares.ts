import type { Offer, StoredOffer } from '../../sandbox/duffel/types.ts';
import type { SimulatedRoute } from '../breadth.ts';
import type { Chance } from '../chance.ts';
import type { FareMarket, ReadChange } from '../fare-market.ts';

/** A route with the offers that the sandbox made for it once; each search takes copies with ids and prices of its own. */
export interface RouteTemplates {
  readonly route: SimulatedRoute;
  readonly offers: readonly StoredOffer[];
  /** Other fares of the first offer's flights. */
  readonly fares: readonly StoredOffer[];
}

/** Flights that a search brings: as many as tell a choice from luck. */
const FLIGHTS = 3;

/** The offers that a search of a route brings: one fare for each flight, or several for the first. */
export const offersOf = (
  { offers, fares }: RouteTemplates,
  { brands }: FareMarket,
): readonly StoredOffer[] => (brands ? [...offers.slice(0, FLIGHTS), ...fares] : offers.slice(0, FLIGHTS));

/** Fares of the same flights, a little dearer: one has another name alone, the other has more bags and better conditions. */
export function faresOn(cheapest: StoredOffer): StoredOffer[] {
  return [
    fare(cheapest, 1.004, 'Plus', () => undefined),
    fare(cheapest, 1.009, 'Flex', (offer) => {
      eachBag(offer, (bag) => {
        bag.quantity += 1;
      });
      offer.conditions.change_before_departure = FREE;
    }),
  ];
}

const FREE = { allowed: true, penalty_amount: '0.00', penalty_currency: 'GBP' };

function fare(of: StoredOffer, factor: number, name: string, differ: (offer: Offer) => void): StoredOffer {
  const offer = structuredClone(of.offer);
  for (const slice of offer.slices) slice.fare_brand_name = name;
  differ(offer);
  return { ...of, offer, factor: of.factor * factor };
}

/**
 * What the airline did with a fare between search and read. The offer becomes what it reads, so that the ticket is that.
 * @returns whether it is another fare now: flights that stop or take longer are the same
 */
export function changeOnRead(stored: StoredOffer, chance: Chance, { changes }: FareMarket): boolean {
  const change = chance.pick(changes);
  stored.offer = { ...stored.offer, slices: ownSlices(stored.offer) };
  const bags = bagsOf(stored.offer);
  const hadName = stored.offer.slices.every(({ fare_brand_name }) => fare_brand_name !== null);
  CHANGING[change](stored.offer);
  // A name where there was none may be that of the same fare.
  return (change === 'brand' && hadName) || change === 'conditions' || bagsOf(stored.offer) < bags;
}

/** The slices of a template name the template's passenger. */
function ownSlices({ slices, passengers }: Offer): Offer['slices'] {
  const own = structuredClone(slices);
  for (const segment of own.flatMap((slice) => slice.segments))
    segment.passengers = passengers.flatMap(({ id }) =>
      segment.passengers.slice(0, 1).map((one) => ({ ...structuredClone(one), passenger_id: id })),
    );
  return own;
}

const CHANGING: Readonly<Record<ReadChange, (offer: Offer) => void>> = {
  brand: ({ slices }) => {
    for (const slice of slices) slice.fare_brand_name = 'Withdrawn';
  },
  bags: (offer) =>
    eachBag(offer, (bag) => {
      bag.quantity = 0;
    }),
  conditions: (offer) => {
    const change = { ...FREE, penalty_amount: '90.00' };
    offer.conditions = { ...offer.conditions, change_before_departure: change };
  },
  stop: ({ slices }) => {
    const [first] = slices[0]?.segments ?? [];
    first?.stops.push({ id: 'sto_technical', airport: { iata_code: 'SNN' }, duration: 'PT1H' });
  },
  slower: ({ slices }) => {
    for (const slice of slices) slice.duration = 'PT19H0M';
  },
};

function bagsOf(offer: Offer): number {
  let bags = 0;
  eachBag(offer, ({ quantity }) => {
    bags += quantity;
  });
  return bags;
}

function eachBag({ slices }: Offer, work: (bag: { quantity: number }) => void): void {
  const passengers = slices.flatMap(({ segments }) => segments.flatMap((segment) => segment.passengers));
  for (const { baggages } of passengers) for (const bag of baggages) if (bag.type === 'checked') work(bag);
}
