import type { Attempt, AttemptPatch, Compensation, OrderFacts } from '../../domain/attempt.ts';
import type { Offer } from '../../domain/offer.ts';
import { BOOKING_CANCELLED, type TripStatus } from '../../domain/trip.ts';
import type {
  AttemptDirectoryStore,
  AttemptDirectoryTransaction,
  AttemptSummary,
  OrderNews,
} from '../../ports/storage/attempt-directory.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';

/** What an attempt has at a vendor though our tables say otherwise, and the step that deals with it. */
export type VendorState =
  | { readonly step: 'cancel_order'; readonly order: OrderFacts }
  | { readonly step: 'void'; readonly paymentIntentId: string }
  /** The tables forgot how far the attempt came: it goes on from what the vendors have. */
  | {
      readonly step: 'capture';
      readonly order: OrderFacts;
      readonly offer: Offer;
      readonly paymentIntentId: string;
    };

/** Attempts, found by what others call them, and sent back to work. */
export interface AttemptDirectory extends Pick<AttemptDirectoryStore, 'findByRefs' | 'byIds'> {
  /**
   * Stores the job that runs the attempt again, at once even if it waits.
   * @param why makes the job's id differ from earlier ones
   * @param news what the seller said of its order
   */
  requeue(attempt: JobTarget, why: string, news?: OrderNews): Promise<void>;
  /**
   * Raises the attempt's epoch and sends it to the step that deals with what was found.
   * @returns false when it changed meanwhile, or its trip has another live attempt: look again later
   */
  reopen(attempt: AttemptSummary, found: VendorState, why: string): Promise<boolean>;
  /**
   * Imports an attempt that our tables never had or have forgotten, for a trip they know.
   * `busy`: the trip has another live attempt; look again later.
   */
  importOrphan(
    attempt: Pick<Attempt, 'id' | 'tripId'>,
    found: VendorState,
    why: string,
  ): Promise<'imported' | 'busy' | 'no_trip'>;
}

type JobTarget = Pick<AttemptSummary, 'id' | 'tripId' | 'number' | 'correlationId'>;

export function createAttemptDirectory({
  store,
  afterCommit,
}: {
  readonly store: AttemptDirectoryStore;
  /** Called after a commit that may have left jobs in the outbox. */
  readonly afterCommit: () => void;
}): AttemptDirectory {
  return {
    findByRefs: store.findByRefs,
    byIds: store.byIds,
    async requeue(attempt, why, news = {}) {
      await store.transaction(async (trx) => {
        if (await trx.wake(attempt.id, news)) await trx.enqueue(bookJob(attempt, why));
      });
      afterCommit();
    },
    async reopen(attempt, found, why) {
      const reopened = await store.transaction(async (trx) => {
        const userId = await trx.reopen(attempt, patchFor(attempt, found));
        if (userId) await logAndEnqueue(trx, { ...attempt, userId }, found, why);
        return userId !== undefined;
      });
      afterCommit();
      return reopened ?? false;
    },
    async importOrphan(attempt, found, why) {
      const imported = await store.transaction((trx) => importOrphan(trx, attempt, found, why));
      afterCommit();
      return imported ?? 'busy';
    },
  };
}

/** An attempt that was still buying has no reason to be compensated yet; one that failed keeps its own. */
const patchFor = ({ status }: AttemptSummary, found: VendorState): AttemptPatch =>
  found.step === 'capture' || status !== 'PENDING' ? found : { ...found, compensation: FORGOTTEN };

async function importOrphan(
  trx: AttemptDirectoryTransaction,
  { id, tripId }: Pick<Attempt, 'id' | 'tripId'>,
  found: VendorState,
  why: string,
): Promise<'imported' | 'busy' | 'no_trip'> {
  const trip = await trx.lockTrip(tripId);
  if (!trip || trip.autoBookStatus === 'EXPIRED') return 'no_trip';
  if (trip.autoBookStatus === 'BOOKING') return 'busy';
  // A trip that has its ticket, or had one that was cancelled, needs no second one.
  const had = trip.autoBookStatus === 'BOOKED' || trip.outcome.code === BOOKING_CANCELLED;
  const second = had && found.step === 'capture';
  const todo: VendorState = second ? { step: 'cancel_order', order: found.order } : found;
  await trx.moveTrip(tripId, {
    from: BOOKED_AGAIN_FROM[todo.step],
    to: 'BOOKING',
    outcome: { code: 'booking', message: 'We found a reservation for this trip and are completing it.' },
    nextCheckAt: null,
  });
  const { userId, correlationId } = trip;
  const patch: AttemptPatch = todo.step === 'capture' ? todo : { ...todo, compensation: FORGOTTEN };
  const number = await trx.insert({ id, tripId, userId, correlationId, patch });
  await logAndEnqueue(trx, { id, tripId, userId, number, correlationId }, todo, why);
  return 'imported';
}

/** Which trips are booked again for an imported attempt: any with a ticket to complete, those that are watched else. */
const BOOKED_AGAIN_FROM: Record<VendorState['step'], readonly TripStatus[]> = {
  capture: ['PENDING', 'FAILED', 'CANCELLED'],
  cancel_order: ['PENDING'],
  void: ['PENDING'],
};

const FORGOTTEN: Compensation = {
  code: 'forgotten',
  message: 'A reservation from before a restore was found and released.',
  to: 'watch',
  alert: 'forgotten',
};

async function logAndEnqueue(
  trx: AttemptDirectoryTransaction,
  attempt: JobTarget & { readonly userId: string },
  { step }: VendorState,
  why: string,
): Promise<void> {
  const { id: attemptId, tripId, userId, correlationId } = attempt;
  const entry = { type: 'booking.reopened', detail: { step, why }, actor: 'worker' } as const;
  await trx.audit({ ...entry, userId, tripId, attemptId, correlationId });
  await trx.enqueue(bookJob(attempt, why));
}

const bookJob = ({ id, tripId, number, correlationId }: JobTarget, why: string) =>
  toOutboxJob('book', { attemptId: id, tripId, number, nudge: why }, { correlationId });
