import { type Kysely, sql } from 'kysely';
import type { Cancellation, CancellationPatch } from '../../domain/cancellation.ts';
import { Fenced } from '../../errors.ts';
import type { CancellationEnd, CancellationStore } from '../../ports/storage/cancellations.ts';
import type { SagaWrite } from '../../ports/storage/saga.ts';
import { audit } from '../audits.ts';
import {
  abandonedCancellations,
  cancellationColumns,
  claimCancellation,
  insertCancellation,
  overdueCancellations,
  setCancellationLease,
  writeCancellationEnd,
} from '../cancellations.ts';
import type { DB, Trx } from '../client/index.ts';
import { insertNotifications } from '../notifications.ts';
import { recordIntent, recordOutcomes } from '../saga-steps.ts';
import { moveTrip } from '../trips.ts';

type Write = SagaWrite<CancellationPatch, CancellationEnd>;

/**
 * Cancellations in Postgres. State, booking, audit log and outbox commit together.
 * @param options.claimMs how long a claim lasts unless renewed
 */
export function createCancellationStore(db: Kysely<DB>, { claimMs }: { claimMs: number }): CancellationStore {
  const extend = async (cancellation: Cancellation, ms: number | null): Promise<void> => {
    if (!(await setCancellationLease(db, cancellation, ms))) throw fenced(cancellation);
  };
  return {
    claim: (bookingId) =>
      db.transaction().execute(async (trx) => {
        await insertCancellation(trx, bookingId, null);
        return claimCancellation(trx, bookingId, claimMs);
      }),
    renew: (cancellation) => extend(cancellation, claimMs),
    release: (cancellation) => extend(cancellation, null),
    async commit(cancellation, write) {
      await db.transaction().execute((trx) => commit(trx, cancellation, write, claimMs));
      return { stop: null, blown: false };
    },
    abandoned: (idleMs, limit) => abandonedCancellations(db, idleMs, limit),
    overdue: (ms, limit) => overdueCancellations(db, ms, limit),
  };
}

const fenced = ({ id, epoch }: Cancellation): Fenced =>
  new Fenced(`cancellation ${id} is past epoch ${epoch}`);

async function commit(trx: Trx, cancellation: Cancellation, write: Write, claimMs: number): Promise<void> {
  const { attemptId, bookingId, userId, tripId, correlationId, epoch } = cancellation;
  // The booking before the cancellation, as a request locks them: the other way round two could wait for each other.
  if (write.end)
    await trx
      .selectFrom('flightBookings')
      .select('id')
      .where('id', '=', bookingId)
      .forNoKeyUpdate()
      .execute();
  await update(trx, cancellation, write, claimMs);
  await recordOutcomes(trx, attemptId, write.outcomes);
  if (write.trip) {
    const { from, to, ...set } = write.trip;
    await moveTrip(trx, tripId, from, to, set);
  }
  if (write.notifications) await insertNotifications(trx, write.notifications);
  if (write.end) await writeCancellationEnd(trx, cancellation, write.end);
  await audit(
    trx,
    ...write.events.map((event) => ({
      ...event,
      userId,
      tripId,
      actor: 'worker',
      correlationId,
      ...(write.flags && { flags: write.flags }),
    })),
  );
  if (write.intent) await recordIntent(trx, { attemptId, userId, epoch }, write.intent);
}

/** @throws Fenced when the epoch is no longer the newest */
async function update(
  trx: Trx,
  cancellation: Cancellation,
  { patch, end }: Write,
  claimMs: number,
): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('cancellations')
    .set({
      ...cancellationColumns(patch),
      leaseUntil: end ? null : sql<Date>`now() + ${claimMs} * interval '1 millisecond'`,
      updatedAt: sql`now()`,
      ...(patch.step === 'done' && { finishedAt: sql<Date>`now()` }),
    })
    .where('id', '=', cancellation.id)
    .where('epoch', '=', cancellation.epoch)
    .where('status', '=', 'PENDING')
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw fenced(cancellation);
}
