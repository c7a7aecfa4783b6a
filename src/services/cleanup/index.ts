import { sql } from 'kysely';
import type { PaymentProvider } from '../../providers/stripe/index.ts';
import { CLEANUP_STEPS, type CleanupStep } from '../../queues/cleanup.ts';
import { enqueueMany } from '../../queues/outbox.ts';
import type { Logging, Storage } from '../deps.ts';
import { expireTrips } from '../monitoring.ts';
import {
  BATCH,
  type BatchDelete,
  emptySearches,
  oldIdempotencyKeys,
  oldWebhookEvents,
  publishedOutbox,
  staleOffers,
  travelersLongGone,
} from './steps.ts';

export interface CleanupDeps extends Storage, Logging {
  readonly payments: Pick<PaymentProvider, 'hold'>;
  readonly signal: AbortSignal;
}

/** Asks for every step, each a job of its own, so that one that fails is tried again alone. */
export async function startCleanup(deps: Storage, day: string): Promise<number> {
  await enqueueMany(
    deps.db,
    'cleanup',
    CLEANUP_STEPS.map((step) => ({ step, day })),
  );
  deps.afterCommit();
  return CLEANUP_STEPS.length;
}

/** Runs one step to its end, or until told to stop; what is left is there for the next run. @returns rows dealt with */
export function runCleanupStep(deps: CleanupDeps, step: CleanupStep): Promise<number> {
  return STEPS[step](deps);
}

const STEPS: Record<CleanupStep, (deps: CleanupDeps) => Promise<number>> = {
  'expire-trips': expireTrips,
  'stale-offers': async (deps) => (await drain(deps, staleOffers)) + (await drain(deps, emptySearches)),
  leftovers: releaseLeftovers,
  anonymise: (deps) => drain(deps, travelersLongGone),
  'prune-logs': async (deps) =>
    (await drain(deps, publishedOutbox)) +
    (await drain(deps, oldWebhookEvents)) +
    (await drain(deps, oldIdempotencyKeys)),
};

/** Deletes batch by batch; between two of them others get their turn. */
async function drain({ db, signal }: CleanupDeps, deleteOne: BatchDelete): Promise<number> {
  for (let total = 0; ; ) {
    const gone = await deleteOne(db);
    total += gone;
    if (gone < BATCH || signal.aborted) return total;
  }
}

/** Holds of failed attempts of the last week that are still held at the provider go back to be released. */
async function releaseLeftovers(deps: CleanupDeps): Promise<number> {
  const { db, payments, signal } = deps;
  const attempts = await db
    .selectFrom('bookingAttempts')
    .select(['id', 'tripId', 'number', 'epoch', 'paymentIntentId', 'correlationId'])
    .where('status', '=', 'FAILED')
    .where('paymentIntentId', 'is not', null)
    .where('finishedAt', '>', sql<Date>`now() - interval '8 days'`)
    .where('finishedAt', '<', sql<Date>`now() - interval '10 minutes'`)
    .limit(BATCH)
    .execute();
  let released = 0;
  for (const attempt of attempts) {
    if (signal.aborted) break;
    const hold = await payments.hold(attempt.paymentIntentId as string);
    if (hold.status !== 'held') continue;
    await db
      .updateTable('bookingAttempts')
      .set({
        status: 'PENDING',
        step: 'void',
        finishedAt: null,
        leaseUntil: null,
        updatedAt: sql`now()`,
        epoch: sql`epoch + 1`,
      })
      .where('id', '=', attempt.id)
      .where('epoch', '=', attempt.epoch)
      .execute();
    const { id: attemptId, tripId, number, epoch, correlationId } = attempt;
    await enqueueMany(db, 'book', [{ attemptId, tripId, number, nudge: `left${epoch}` }], { correlationId });
    released += 1;
  }
  deps.afterCommit();
  return released;
}
