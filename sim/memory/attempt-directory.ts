import { NEW_ATTEMPT } from '../../src/domain/attempt.ts';
import type {
  AttemptDirectoryStore,
  AttemptDirectoryTransaction,
  AttemptSummary,
} from '../../src/ports/storage/attempt-directory.ts';
import { atomically } from './atomically.ts';
import type { AttemptRow, Tables } from './tables.ts';
import { wakeAttempt } from './wake-attempt.ts';

/** The partial unique index on live attempts said no. */
class SecondLiveAttempt extends Error {}

/** Attempts in memory, for those who come from outside the saga. */
export function createMemoryAttemptDirectory(tables: Tables): AttemptDirectoryStore {
  return {
    async findByRefs({ attemptId, orderId, offerId, paymentIntentId }) {
      const named = [...tables.attempts.values()].filter(
        (one) =>
          (attemptId && one.id === attemptId) ||
          (orderId && one.order?.orderId === orderId) ||
          (offerId && one.offer?.offerId === offerId) ||
          (paymentIntentId && one.paymentIntentId === paymentIntentId),
      );
      const newest = named.sort((a, b) => b.startedAt - a.startedAt)[0];
      return newest && summaryOf(newest);
    },
    byIds: async (ids) =>
      ids.flatMap((id) => {
        const row = tables.attempts.get(id);
        return row ? [summaryOf(row)] : [];
      }),
    async transaction(work) {
      try {
        return await atomically(tables, () => work(verbs(tables)));
      } catch (error) {
        if (error instanceof SecondLiveAttempt) return undefined;
        throw error;
      } finally {
        tables.afterCommit();
      }
    },
  };
}

function verbs(tables: Tables): AttemptDirectoryTransaction {
  const refuseSecond = (tripId: string, row?: AttemptRow): void => {
    const live = tables.liveAttempt(tripId);
    if (live && live !== row) throw new SecondLiveAttempt();
  };
  return {
    async lockTrip(id) {
      const trip = tables.trips.get(id);
      if (!trip) return undefined;
      const { status: autoBookStatus, outcome, userId, correlationId } = trip;
      return { autoBookStatus, outcome, userId, correlationId };
    },
    async moveTrip(id, { from, to, nextCheckAt, ...set }) {
      return tables.moveTrip(id, from, to, {
        ...set,
        ...(nextCheckAt !== undefined && { nextCheckAt: nextCheckAt?.getTime() ?? null }),
      });
    },
    async reopen(attempt, patch) {
      const row = tables.attempts.get(attempt.id);
      if (row?.epoch !== attempt.epoch || row.status !== attempt.status) return undefined;
      refuseSecond(row.tripId, row);
      Object.assign(row, patch, {
        status: 'PENDING',
        leaseUntil: null,
        resumeAt: null,
        epoch: row.epoch + 1,
        updatedAt: tables.now(),
      });
      return row.userId;
    },
    async insert({ patch, ...attempt }) {
      refuseSecond(attempt.tripId);
      const number = tables.attemptsOf(attempt.tripId).length + 1;
      const now = tables.now();
      tables.attempts.set(attempt.id, {
        ...NEW_ATTEMPT,
        ...attempt,
        ...(patch as Partial<AttemptRow>),
        number,
        deadline: new Date(now),
        wantedItinerary: null,
        wantedFare: null,
        leaseUntil: null,
        resumeAt: null,
        startedAt: now,
        updatedAt: now,
        errorCode: null,
      });
      return number;
    },
    wake: async (attemptId, news) => wakeAttempt(tables, attemptId, news),
    async audit({ tripId, attemptId = null, type, detail, actor }) {
      tables.audit({ tripId: tripId as string, attemptId, type, detail, actor });
    },
    async enqueue(job) {
      tables.insertJobs([job]);
    },
  };
}

/** An attempt as it is seen outside its saga. */
export const summaryOf = ({
  id,
  tripId,
  number,
  status,
  step,
  epoch,
  correlationId,
  paymentIntentId,
  order,
}: AttemptRow): AttemptSummary => ({
  id,
  tripId,
  number,
  status,
  step,
  epoch,
  correlationId,
  paymentIntentId,
  orderId: order?.orderId ?? null,
});
