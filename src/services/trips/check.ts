import type { Trx } from '../../db/client.ts';
import { compiled } from '../../db/compiled.ts';
import { travelersNamed } from '../../db/travelers.ts';
import { airport, endOfDay, localDate } from '../../domain/airports.ts';
import { isCurrency, type Money, minorDigits, parseMoney } from '../../domain/money.ts';
import { byAge, passengerFor, type SearchParams } from '../../domain/search.ts';
import { type FieldProblem, Refused } from '../../errors.ts';
import type { Traveler } from '../travelers.ts';
import type { Vault } from '../vault.ts';
import type { TripInput } from './input.ts';

/** Airlines sell seats about a year ahead. */
const MAX_DAYS_AHEAD = 361;
const DAY_MS = 86_400_000;

/** What a trip's request comes to once it is understood. */
export interface CheckedTrip {
  readonly params: SearchParams;
  readonly mandate: Money;
  readonly travelerIds: string[];
  readonly paymentMethodId: string | null;
  readonly watchUntil: Date;
}

/**
 * Checks that a request makes sense for this user, and reports everything that does not at once.
 * @throws Refused `invalid`, naming each field
 */
export async function checkTrip(
  trx: Trx,
  vault: Vault,
  userId: string,
  input: TripInput,
  now: Date,
): Promise<CheckedTrip> {
  const problems = [...placeProblems(input), ...dateProblems(input, now)];
  const mandate = checkMoney(input, problems);
  const [travelers, paymentMethodId] = await Promise.all([
    checkTravelers(trx, vault, userId, input, problems),
    checkPayment(trx, input, problems),
  ]);
  if (problems.length || !mandate)
    throw new Refused('invalid', 'The trip can not be taken like this.', problems);
  const { origin, destination, departureDate, returnDate = null, cabin } = input;
  const passengers = byAge(travelers).map(({ bornOn }) => passengerFor(departureDate, bornOn));
  return {
    params: { origin, destination, departureDate, returnDate, cabin, passengers },
    mandate,
    travelerIds: [...input.travelerIds],
    paymentMethodId,
    watchUntil: endOfDay(origin, departureDate),
  };
}

function placeProblems({ origin, destination }: TripInput): FieldProblem[] {
  const problems = Object.entries({ origin, destination })
    .filter(([, code]) => !airport(code))
    .map(([field]) => ({ field, message: 'is not an airport we know by its IATA code' }));
  if (origin === destination) problems.push({ field: 'destination', message: 'must differ from the origin' });
  return problems;
}

function dateProblems({ origin, departureDate, returnDate }: TripInput, now: Date): FieldProblem[] {
  const today = localDate(origin, now);
  const latest = new Date(now.getTime() + MAX_DAYS_AHEAD * DAY_MS).toISOString().slice(0, 10);
  const problems: FieldProblem[] = [];
  if (departureDate < today) problems.push({ field: 'departureDate', message: 'is in the past' });
  if (departureDate > latest)
    problems.push({
      field: 'departureDate',
      message: `is after ${latest}, further ahead than airlines sell`,
    });
  if (returnDate && returnDate < departureDate)
    problems.push({ field: 'returnDate', message: 'is before the departure' });
  if (returnDate && returnDate > latest)
    problems.push({ field: 'returnDate', message: `is after ${latest}, further ahead than airlines sell` });
  return problems;
}

function checkMoney({ maxPrice }: TripInput, problems: FieldProblem[]): Money | undefined {
  if (!isCurrency(maxPrice.currency)) {
    problems.push({ field: 'maxPrice.currency', message: 'is not a currency we know by its ISO 4217 code' });
    return undefined;
  }
  const money = parseMoney(maxPrice);
  if (!money) {
    const digits = minorDigits(maxPrice.currency);
    problems.push({
      field: 'maxPrice.amount',
      message: `must be a plain amount with at most ${digits} decimals`,
    });
    return undefined;
  }
  if (money.minor > 0) return money;
  problems.push({ field: 'maxPrice.amount', message: 'must be more than nothing' });
  return undefined;
}

async function checkTravelers(
  trx: Trx,
  vault: Vault,
  userId: string,
  { travelerIds }: TripInput,
  problems: FieldProblem[],
): Promise<Traveler[]> {
  if (new Set(travelerIds).size !== travelerIds.length)
    problems.push({ field: 'travelerIds', message: 'names somebody twice' });
  const rows = await travelersNamed(trx, { ids: travelerIds });
  travelerIds.forEach((id, index) => {
    if (!rows.some((row) => row.id === id))
      problems.push({ field: `travelerIds.${index}`, message: 'is not one of your travellers' });
  });
  return rows.map((row) => vault.openWith<Traveler>(row.dataKey, userId, row.pii));
}

/** A card may be named by our id or by Stripe's. */
async function checkPayment(trx: Trx, input: TripInput, problems: FieldProblem[]): Promise<string | null> {
  const { autoBook, consent, paymentMethodId } = input;
  if (autoBook && !isConsent(consent))
    problems.push({
      field: 'consent',
      message: 'is needed: say what the traveller agreed to, or leave autoBook off',
    });
  if (!paymentMethodId) {
    if (autoBook) problems.push({ field: 'paymentMethodId', message: 'is needed to buy on its own' });
    return null;
  }
  const named = paymentMethodId.startsWith('pm_') ? cardNamedByStripe : cardNamed;
  const [row] = await named(trx, { paymentMethodId });
  if (!row) problems.push({ field: 'paymentMethodId', message: 'is not one of your cards' });
  return row?.id ?? null;
}

const cardNamed = compiled((db, { paymentMethodId }: { paymentMethodId: string }) =>
  db.selectFrom('paymentMethods').select('id').where('id', '=', paymentMethodId),
);
const cardNamedByStripe = compiled((db, { paymentMethodId }: { paymentMethodId: string }) =>
  db.selectFrom('paymentMethods').select('id').where('stripePaymentMethodId', '=', paymentMethodId),
);

/** Anything that says yes: `true`, the words agreed to, or a record that does not say no. */
function isConsent(consent: unknown): boolean {
  if (typeof consent === 'string') return consent.trim().length > 0;
  if (typeof consent === 'object' && consent !== null)
    return Object.keys(consent).length > 0 && (consent as { accepted?: unknown }).accepted !== false;
  return consent === true;
}
