import type { FuseLimits } from '../../src/db/fuse.ts';
import { type Attempt, CLAIM_MS, type MoneyStep } from '../../src/domain/attempt.ts';
import type { Change } from '../../src/domain/attempt-change.ts';
import { type Money, minorDigits } from '../../src/domain/money.ts';
import type { Offer } from '../../src/domain/offer.ts';
import { freshnessWindow } from '../../src/domain/search.ts';
import { Fenced } from '../../src/errors.ts';
import type { Passenger } from '../../src/providers/duffel/index.ts';
import { consequencesOf } from '../../src/services/booking/endings.ts';
import type { AttemptStore } from '../../src/services/booking/ports.ts';
import type { Cadence } from '../../src/services/deps.ts';
import { FUSE_BLOWN } from '../../src/services/fuse.ts';
import type { AttemptRow, Tables } from './tables.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** The saga's storage in memory; one contract suite holds it and the one on Postgres to the same behaviour. */
export function createMemoryStore(
  tables: Tables,
  options: { cadence: Cadence; fuse: FuseLimits; passengers: () => Passenger[] },
): AttemptStore {
  /** The row, if the caller's epoch is still the newest. @throws Fenced */
  function fenced({ id, epoch }: Attempt): AttemptRow {
    const row = tables.attempts.get(id);
    if (!row || row.epoch !== epoch || row.status !== 'PENDING')
      throw new Fenced(`attempt ${id} is past epoch ${epoch}`);
    row.updatedAt = tables.now();
    return row;
  }

  /** What came of the steps, with its entries; one transaction with what follows. */
  function write(attempt: Attempt, changes: readonly Change[]): AttemptRow {
    const row = fenced(attempt);
    const { id: attemptId, tripId } = attempt;
    const trip = tables.trip(tripId);
    for (const { step, patch, outcome, settle } of changes) {
      Object.assign(row, { step }, patch);
      if (outcome && trip.status === 'BOOKING') trip.outcome = outcome;
      const settled = settle && tables.step(attemptId, settle.step);
      if (settled) settled.outcome = settle.outcome;
      if (settle?.outcome === 'unknown') countUnknown();
    }
    const events = changes.flatMap((change) => change.events ?? []);
    const last = changes.at(-1);
    if (last && events.length === 0) events.push({ type: 'booking.moved', detail: { step: last.step } });
    for (const { type, detail } of events) tables.audit({ tripId, attemptId, type, detail, actor: 'worker' });
    return row;
  }

  return {
    async claim(attemptId) {
      const row = tables.attempts.get(attemptId);
      const now = tables.now();
      if (row?.status !== 'PENDING' || (row.leaseUntil !== null && row.leaseUntil >= now)) return null;
      Object.assign(row, { epoch: row.epoch + 1, leaseUntil: now + CLAIM_MS, updatedAt: now });
      const intents = [...tables.steps].flatMap(([name, { key, tries, outcome, intendedAt }]) => {
        const [owner, step] = name.split(':') as [string, MoneyStep];
        return owner === attemptId ? [{ step, key, tries, outcome, ageMs: now - intendedAt }] : [];
      });
      return { attempt: asAttempt(tables, row), intents };
    },
    async renew(attempt) {
      fenced(attempt).leaseUntil = tables.now() + CLAIM_MS;
    },
    async release(attempt) {
      fenced(attempt).leaseUntil = null;
    },
    async commit(attempt, changes, next) {
      write(attempt, changes).leaseUntil = tables.now() + CLAIM_MS;
      const stop = next ? askFuse(attempt, next.step, next.fresh) : null;
      if (next?.fresh && !stop)
        tables.steps.set(`${attempt.id}:${next.step}`, {
          key: next.key,
          tries: next.tries,
          epoch: attempt.epoch,
          intendedAt: tables.now(),
          outcome: null,
        });
      return stop;
    },
    async finish(attempt, changes, ending) {
      const row = write(attempt, changes);
      const { tripId, id: attemptId } = attempt;
      const now = new Date(tables.now());
      const meaning = consequencesOf(attempt, ending, { cadence: options.cadence, now });
      const { from, to, nextCheckAt, ...set } = meaning.trip;
      const moved = tables.moveTrip(tripId, from, to, {
        ...set,
        ...(nextCheckAt !== undefined && { nextCheckAt: nextCheckAt?.getTime() ?? null }),
      });
      const { status, over, errorCode = null } = meaning.attempt;
      Object.assign(row, { status, leaseUntil: null, errorCode }, over && { step: 'done' });
      if (ending.kind === 'booked') insertBooking(attempt);
      for (const { type, detail } of meaning.events)
        tables.audit({ tripId, attemptId, type, detail, actor: 'worker' });
      for (const told of meaning.tell) tables.notify({ tripId, ...told });
      if (moved && meaning.tellIfMoved) tables.notify({ tripId, ...meaning.tellIfMoved });
      if (moved && meaning.searchAt) {
        const { searchKey } = attempt.trip;
        const window = freshnessWindow(meaning.searchAt, options.cadence.freshnessMs);
        const payload = { searchKey, window, tripId, nth: attempt.number };
        tables.enqueue('search', payload, meaning.searchAt.getTime());
      }
      tables.afterCommit();
    },
    async keepOffers() {},
    passengers: async () => options.passengers(),
  };

  function insertBooking({ tripId, id: attemptId, order, paymentIntentId }: Attempt): void {
    if (tables.bookings.has(tripId)) throw new Error('flight_bookings_trip_id_key');
    if (!order || !paymentIntentId) throw new Error('a booking needs an order and a payment');
    const { orderId, total: price } = order;
    tables.bookings.set(tripId, { tripId, attemptId, orderId, paymentIntentId, price });
  }

  function askFuse({ offer }: Attempt, step: MoneyStep, fresh: boolean) {
    if (step !== 'authorize' && step !== 'order') return null;
    if (tables.fuse.reason) return FUSE_BLOWN;
    if (step === 'order' || !fresh) return null;
    const why = tooMuch((offer as Offer).price);
    if (!why) return null;
    tables.blowFuse(why);
    return FUSE_BLOWN;
  }

  function tooMuch(price: Money): string | null {
    const now = tables.now();
    const hour = tables.fuse.begun.filter(
      ({ at, price: { currency } }) => at > now - HOUR && currency === price.currency,
    );
    const spent = hour.reduce((sum, { price: { minor } }) => sum + minor, 0);
    if (spent + price.minor > options.fuse.spendPerHour * 10 ** minorDigits(price.currency))
      return 'spend_per_hour';
    if (hour.filter(({ at }) => at > now - MINUTE).length + 1 > options.fuse.bookingsPerMinute)
      return 'bookings_per_minute';
    tables.fuse.begun.push({ at: now, price });
    return null;
  }

  function countUnknown(): void {
    const now = tables.now();
    tables.fuse.unknowns.push(now);
    const seen = tables.fuse.unknowns.filter((at) => at > now - HOUR).length;
    if (seen > options.fuse.unknownsPerHour) tables.blowFuse('unknown_outcomes');
  }
}

function asAttempt(tables: Tables, row: AttemptRow): Attempt {
  const { status, searchKey, searchParams, criteria, mandate, ...trip } = tables.trip(row.tripId);
  const payer = { customerId: trip.customerId, paymentMethodId: trip.paymentMethodId };
  return { ...row, trip: { status, searchKey, searchParams, criteria, mandate, payer } };
}
