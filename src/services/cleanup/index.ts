import { CLEANUP_STEPS, type CleanupStep } from '../../queues/cleanup.ts';
import { enqueueMany } from '../../queues/outbox.ts';
import type { Logging, Storage } from '../deps.ts';
import type { VendorPorts } from '../reconciling/ports.ts';
import { reconcileVendors } from '../reconciling/vendor-lists.ts';
import type { WatchStore } from '../watching/ports.ts';
import { expireTrips } from '../watching/sweep.ts';
import {
  BATCH,
  type BatchDelete,
  emptySearches,
  forgottenWatches,
  oldIdempotencyKeys,
  oldWebhookEvents,
  publishedOutbox,
  staleOffers,
  travelersLongGone,
} from './steps.ts';

export interface CleanupDeps extends Storage, Logging, VendorPorts {
  readonly watch: WatchStore;
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

/** Longer than any issuer keeps a hold: whatever is still held was forgotten. */
const LEFTOVERS_MS = 8 * 24 * 3_600_000;

const STEPS: Record<CleanupStep, (deps: CleanupDeps) => Promise<number>> = {
  'expire-trips': ({ watch }) => expireTrips(watch),
  'stale-offers': async (deps) =>
    (await drain(deps, staleOffers)) +
    (await drain(deps, emptySearches)) +
    (await drain(deps, forgottenWatches)),
  leftovers: async (deps) => (await reconcileVendors(deps, LEFTOVERS_MS)).resumed,
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
