import { sql } from 'kysely';
import { KNOWN_BY } from '../../db/attempts.ts';
import { audit } from '../../db/audits.ts';
import { type Db, inTransaction, type Trx, unlessLive } from '../../db/client.ts';
import { lockTrip, moveTrip } from '../../db/trips.ts';
import type { Unwind } from '../../domain/attempt.ts';
import { enqueue } from '../../queues/outbox.ts';
import type { Storage } from '../deps.ts';
import type { AttemptDirectory, Found, KnownAttempt, Refs } from './directory.ts';

/** Attempts in Postgres, for those who come from outside the saga. */
export function createDirectory({ db, afterCommit }: Storage): AttemptDirectory {
  return {
    named: (refs) => named(db, refs),
    byIds: async (ids) =>
      ids.length === 0
        ? []
        : db
            .selectFrom('bookingAttempts')
            .select(KNOWN_BY)
            .where('id', 'in', [...ids])
            .execute(),
    async nudge(attempt, why) {
      await askFor(db, attempt, why);
      afterCommit();
    },
    async resume(attempt, found, why) {
      const resumed = await unlessLive(inTransaction(db), async (trx) => {
        const row = await trx
          .updateTable('bookingAttempts')
          .set({
            ...columnsOf(found),
            status: 'PENDING',
            finishedAt: null,
            leaseUntil: null,
            updatedAt: sql`now()`,
            epoch: sql`epoch + 1`,
          })
          .where('id', '=', attempt.id)
          .where('epoch', '=', attempt.epoch)
          .where('status', '=', attempt.status)
          .returning('userId')
          .executeTakeFirst();
        if (!row) return false;
        await noteResumed(trx, { ...attempt, userId: row.userId }, found, why);
        await askFor(trx, attempt, why);
        return true;
      });
      afterCommit();
      return resumed ?? false;
    },
    async adopt({ id, tripId }, found, why) {
      const adopted = await unlessLive(inTransaction(db), (trx) =>
        insertAdopted(trx, { id, tripId }, found, why),
      );
      afterCommit();
      return adopted ?? 'busy';
    },
  };
}

function named(db: Db, { attemptId, ...refs }: Refs): Promise<KnownAttempt | undefined> {
  const names = Object.entries({ ...refs, id: attemptId }).filter(([, value]) => value);
  if (names.length === 0) return Promise.resolve(undefined);
  return db
    .selectFrom('bookingAttempts')
    .select(KNOWN_BY)
    .where((eb) => eb.or(names.map(([column, value]) => eb(column as 'id', '=', value as string))))
    .orderBy('startedAt', 'desc')
    .limit(1)
    .executeTakeFirst();
}

const askFor = (
  db: Db,
  { id: attemptId, tripId, number, correlationId }: Parameters<AttemptDirectory['nudge']>[0],
  nudge: string,
) => enqueue(db, 'book', { attemptId, tripId, number, nudge }, { correlationId });

const FORGOTTEN: Unwind = {
  code: 'forgotten',
  message: 'A reservation from before a restore was found and released.',
  to: 'watch',
  alert: true,
};

async function insertAdopted(
  trx: Trx,
  { id, tripId }: { id: string; tripId: string },
  found: Found,
  why: string,
): Promise<'adopted' | 'busy' | 'no_trip'> {
  const trip = await lockTrip(trx, tripId);
  if (!trip || trip.autoBookStatus === 'EXPIRED') return 'no_trip';
  if (trip.autoBookStatus === 'BOOKING') return 'busy';
  // A trip that has its ticket needs no second one.
  const second = trip.autoBookStatus === 'BOOKED' && found.step === 'capture';
  const todo: Found = second ? { step: 'cancel_order', order: found.order } : found;
  const outcome = { code: 'booking', message: 'We found a reservation for this trip and are completing it.' };
  const from =
    todo.step === 'capture' ? (['PENDING', 'FAILED', 'CANCELLED'] as const) : (['PENDING'] as const);
  await moveTrip(trx, tripId, from, 'BOOKING', { outcome, nextCheckAt: null });
  const { correlationId, userId } = trip;
  const next = sql<number>`(select coalesce(max(number), 0) + 1 from booking_attempts where trip_id = ${tripId})`;
  const { number, epoch } = await trx
    .insertInto('bookingAttempts')
    .values({
      id,
      tripId,
      userId,
      correlationId,
      number: next,
      idempotencyKey: sql`${`book-${tripId}-`} || ${next}`,
      // Nothing new may be begun in an attempt that was only found.
      deadline: sql<Date>`now()`,
      ...(todo.step !== 'capture' && { unwind: FORGOTTEN }),
      ...columnsOf(todo),
    })
    .returning(['number', 'epoch'])
    .executeTakeFirstOrThrow();
  const attempt = { id, tripId, userId, number, epoch, correlationId };
  await noteResumed(trx, attempt, todo, why);
  await askFor(trx, attempt, why);
  return 'adopted';
}

function columnsOf(found: Found) {
  if (found.step === 'void') return { step: found.step, paymentIntentId: found.paymentIntentId };
  const order = { orderId: found.order.orderId, orderFacts: found.order };
  if (found.step === 'cancel_order') return { step: found.step, ...order };
  const { offer, paymentIntentId } = found;
  return {
    step: found.step,
    ...order,
    paymentIntentId,
    offer,
    offerId: offer.offerId,
    amountMinor: offer.price.minor,
    currency: offer.price.currency,
  };
}

function noteResumed(
  trx: Trx,
  attempt: Pick<KnownAttempt, 'id' | 'tripId' | 'correlationId'> & { userId: string },
  { step }: Found,
  why: string,
): Promise<void> {
  const { id: attemptId, tripId, userId, correlationId } = attempt;
  const entry = { type: 'booking.reopened', detail: { step, why }, actor: 'worker' };
  return audit(trx, { ...entry, userId, tripId, attemptId, correlationId });
}
