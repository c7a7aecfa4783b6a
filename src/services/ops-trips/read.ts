import { Refused } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CaseStore } from '../../ports/storage/cases.ts';
import type { OpsTripRecords, OpsTripStore } from '../../ports/storage/ops-trips.ts';
import { viewBooking } from '../bookings/view.ts';
import { listCases } from '../cases/list.ts';
import { viewTrip } from '../trips/view.ts';
import { nextSteps } from './next-steps.ts';
import { moneyOf, ordersOf, type TripVendors } from './vendor-truth.ts';

export interface OpsTripDeps {
  readonly opsTrips: OpsTripStore;
  readonly cases: Pick<CaseStore, 'open'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Or why they are not asked: then what they have is said as it was stored. */
  readonly vendors: TripVendors | string;
}

/** More entries than any trip has; a bound all the same. */
const MAX_ENTRIES = 1_000;
/** Trips that one reference may name before it names none. */
const MAX_MEANT = 10;
/** Attempts whose vendors are asked; of older ones the stored end stands. */
const ATTEMPTS_ASKED = 5;
const TOO_OLD = `the vendors are asked about the newest ${ATTEMPTS_ASKED} attempts`;

/** A trip as operators read it. */
export type OpsTripView = Awaited<ReturnType<typeof readOpsTrip>>;

/**
 * Everything about one trip: what happened, its money and orders by the vendors' truth, what happens next and who must act.
 * @param reference a trip, attempt, booking or cancellation by id, a booking reference, an order's or a payment's id, a correlation id
 * @throws Refused `missing`; `conflict` when the reference names several trips
 */
export async function readOpsTrip(deps: OpsTripDeps, reference: string) {
  const { opsTrips, clock } = deps;
  const records = await opsTrips.read(await tripMeant(opsTrips, reference), MAX_ENTRIES);
  if (!records) throw missing(reference);
  const now = clock.now();
  const { trip, booking, attempts } = records;
  const cases = (await listCases(deps)).filter(({ tripId }) => tripId === trip.id);
  return {
    trip: { ...viewTrip(trip), userId: trip.userId, correlationId: trip.correlationId },
    booking: booking ? viewBooking(booking) : null,
    ...(await askVendors(deps, records, now)),
    attempts: attempts.map(viewAttempt),
    cases,
    next: nextSteps(records, cases, now),
    timeline: records.entries.map(({ at, ...entry }) => ({ ...entry, at: at.toISOString() })),
  };
}

async function tripMeant(opsTrips: OpsTripStore, reference: string): Promise<string> {
  const [id, ...others] = await opsTrips.find(reference, MAX_MEANT);
  if (id === undefined) throw missing(reference);
  if (others.length)
    throw new Refused(
      'conflict',
      `${reference} names several trips: ${[id, ...others].join(', ')}. Ask for one.`,
    );
  return id;
}

async function askVendors({ vendors }: OpsTripDeps, { attempts, refunds }: OpsTripRecords, now: Date) {
  const asked = new Set(attempts.slice(-ATTEMPTS_ASKED));
  const asking = (attempt: OpsTripRecords['attempts'][number]) => ({
    vendors: asked.has(attempt) ? vendors : TOO_OLD,
    now,
  });
  const [money, orders] = await Promise.all([
    Promise.all(attempts.map((attempt) => moneyOf(asking(attempt), attempt, refunds))),
    Promise.all(attempts.map((attempt) => ordersOf(asking(attempt), attempt))),
  ]);
  return { money: money.filter((one) => one !== null), orders: orders.flat() };
}

const viewAttempt = ({ steps, ...attempt }: OpsTripRecords['attempts'][number]) => ({
  id: attempt.id,
  number: attempt.number,
  status: attempt.status,
  step: attempt.step,
  errorCode: attempt.errorCode,
  errorMessage: attempt.errorMessage,
  startedAt: attempt.startedAt.toISOString(),
  finishedAt: attempt.finishedAt?.toISOString() ?? null,
  calls: steps.map(({ step, tries, outcome, intendedAt, settledAt }) => ({
    step,
    tries,
    outcome: outcome ?? 'unknown',
    at: intendedAt.toISOString(),
    outcomeAt: settledAt?.toISOString() ?? null,
  })),
});

const missing = (reference: string): Refused =>
  new Refused(
    'missing',
    `${reference} names no trip. It may be the id of a trip, attempt or booking, a booking reference, an order's or a payment's id, or a correlation id.`,
  );
