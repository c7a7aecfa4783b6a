import type { Logger } from '../../ports/log.ts';
import type { Outbox } from '../../ports/outbox.ts';
import type { PaymentProvider } from '../../ports/payments.ts';
import type { CleanupStore } from '../../ports/storage/cleanup.ts';
import type { RemovedCardStore } from '../../ports/storage/payment-methods.ts';
import { CLEANUP_STEPS, type CleanupStep } from '../../queues/cleanup.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';
import type { VendorListPorts } from '../reconciling/ports.ts';
import { reconcileVendors } from '../reconciling/vendor-lists.ts';
import type { WatchPorts } from '../watching/ports.ts';
import { expireTrips } from '../watching/sweep.ts';

export interface StartCleanupPorts {
  readonly outbox: Outbox;
  /** Called after a commit that may have left jobs in the outbox. */
  readonly afterCommit: () => void;
}

/** Everything a step of the cleanup needs of the outside. */
export interface CleanupPorts extends VendorListPorts {
  readonly cleanup: CleanupStore;
  readonly removedCards: RemovedCardStore;
  readonly payments: VendorListPorts['payments'] & Pick<PaymentProvider, 'removeCard'>;
  readonly watch: Pick<WatchPorts['watch'], 'expireDeparted'>;
  readonly log: Logger;
  /** Aborted when the worker must stop. */
  readonly signal: AbortSignal;
}

/**
 * Enqueues every step, each as a job of its own, so that one that fails is tried again alone.
 * @param day `yyyy-mm-dd`; a step runs once a day
 * @returns how many
 */
export async function startCleanup({ outbox, afterCommit }: StartCleanupPorts, day: string): Promise<number> {
  await outbox.enqueue(CLEANUP_STEPS.map((step) => toOutboxJob('cleanup', { step, day })));
  afterCommit();
  return CLEANUP_STEPS.length;
}

/** Runs one step to its end, or until the worker must stop; the next run continues. @returns rows processed */
export function runCleanupStep(ports: CleanupPorts, step: CleanupStep): Promise<number> {
  return STEPS[step](ports);
}

/** Rows per transaction: few enough that no request waits long for a lock, and enough to finish overnight. */
const BATCH = 1_000;

/** Days after which each kind of row has served its purpose. */
export const KEEP_DAYS: Readonly<Record<keyof CleanupStore, number>> = {
  deleteStaleOffers: 2,
  deleteEmptySearches: 2,
  deleteUnwatchedSearches: 2,
  // After travel, when the travellers' data is no longer needed.
  deleteTravelersLongGone: 90,
  deletePublishedJobs: 3,
  deleteProcessedEvents: 30,
  deleteIdempotencyKeys: 2,
  deleteFuseCharges: 2,
};

/** Longer than any issuer keeps an authorization. */
const LEFTOVERS_MS = 8 * 24 * 3_600_000;

const STEPS: Record<CleanupStep, (ports: CleanupPorts) => Promise<number>> = {
  'expire-trips': ({ watch }) => expireTrips(watch),
  'stale-offers': async (ports) =>
    (await drain(ports, 'deleteStaleOffers')) +
    (await drain(ports, 'deleteEmptySearches')) +
    (await drain(ports, 'deleteUnwatchedSearches')),
  leftovers: async (ports) =>
    (await removeCards(ports)) + (await reconcileVendors(ports, LEFTOVERS_MS)).resumed,
  anonymise: (ports) => drain(ports, 'deleteTravelersLongGone'),
  'prune-logs': async (ports) =>
    (await drain(ports, 'deletePublishedJobs')) +
    (await drain(ports, 'deleteProcessedEvents')) +
    (await drain(ports, 'deleteIdempotencyKeys')) +
    (await drain(ports, 'deleteFuseCharges')),
};

/** Removes what travellers removed while the payment provider failed. One that fails again waits for the next day. */
async function removeCards({ removedCards, payments, log }: CleanupPorts): Promise<number> {
  let removed = 0;
  for (const { id, paymentMethodId } of await removedCards.list(BATCH)) {
    try {
      await payments.removeCard(paymentMethodId);
      await removedCards.delete(id);
      removed += 1;
    } catch (err) {
      log.warn({ err, id }, 'a removed card is still kept by the payment provider');
    }
  }
  return removed;
}

/** Deletes batch by batch, each in a transaction of its own, so that other work can run between two. */
async function drain({ cleanup, signal }: CleanupPorts, verb: keyof CleanupStore): Promise<number> {
  for (let total = 0; ; ) {
    const deleted = await cleanup[verb]({ limit: BATCH, olderThanDays: KEEP_DAYS[verb] });
    total += deleted;
    if (deleted < BATCH || signal.aborted) return total;
  }
}
