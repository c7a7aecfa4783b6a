import type { Kysely } from 'kysely';
import type { TripCheck, WatchStore } from '../../ports/storage/watch.ts';
import { audit } from '../audits.ts';
import { type DB, inTransaction, unlessLive } from '../client/index.ts';
import { insertNotifications } from '../notifications.ts';
import { insertJobs } from '../outbox.ts';
import { pack } from '../search-payload.ts';
import { claimSearch, completeSearch, failSearch, offersOf } from '../searches.ts';
import { startAttempt } from '../start-attempt.ts';
import {
  expireDeparted,
  noteChecks,
  noteFailure,
  recordNotifiedFares,
  tripsAwaiting,
} from '../watched-trips.ts';
import { dueSearches, markRequested, priorityInputs, savePriority } from '../watches.ts';

/** Watched trips and their searches in Postgres. */
export function createWatchStore({ db }: { db: Kysely<DB> }): WatchStore {
  return {
    async searchParamsOf(searchKey) {
      const trip = await db
        .selectFrom('tripRequests')
        .select('searchParams')
        .where('searchKey', '=', searchKey)
        .where('autoBookStatus', '=', 'PENDING')
        .limit(1)
        .executeTakeFirst();
      return trip?.searchParams;
    },
    claimSearch: (searchKey, window) => claimSearch(db, searchKey, window),
    saveOffers: (searchId, result) => completeSearch(db, searchId, pack(result)),
    async recordFailure({ id, searchKey }, { code, outcome, nextCheckAt }) {
      await failSearch(db, id, code);
      await noteFailure(db, searchKey, outcome, nextCheckAt);
    },
    releaseSearch: (searchId) => failSearch(db, searchId, 'quota_spent'),
    offersOf: (searchId) => offersOf(db, searchId),
    async tripsAwaiting(searchKey, page) {
      const rows = await tripsAwaiting(db, searchKey, page);
      return rows.map(({ maxPriceMinor, currency, ...trip }) => ({
        ...trip,
        mandate: { minor: maxPriceMinor, currency },
      }));
    },
    recordChecks: (checks, nextCheckAt) =>
      db.transaction().execute(async (trx) => {
        const watched = await noteChecks(trx, checks.map(asRow), nextCheckAt);
        const stored = checks.filter(({ tripId }) => watched.has(tripId));
        await audit(trx, ...stored.flatMap((check) => check.audit ?? []));
        const notified = await recordNotifiedFares(trx, stored.flatMap(asNotifiedFare));
        await insertNotifications(
          trx,
          stored.flatMap(({ tripId, notifications, notifiedFare }) => [
            ...notifications,
            ...(notified.has(tripId) && notifiedFare?.notification ? [notifiedFare.notification] : []),
          ]),
        );
      }),
    async startBooking(check, start) {
      const attemptId = await unlessLive(inTransaction(db), async (trx) => {
        // The start of the attempt clears the next check.
        const watched = await noteChecks(trx, [asRow(check)], new Date());
        // The trip is no longer watched: another search started a booking, or the traveller changed the trip.
        if (watched.size === 0) return undefined;
        if (check.audit) await audit(trx, check.audit);
        return startAttempt(trx, start);
      });
      return attemptId !== undefined;
    },
    dueSearches: (limit) => dueSearches(db, limit),
    priorityInputs: (searchKey) => priorityInputs(db, searchKey),
    savePriority: (searchKey, priority) => savePriority(db, searchKey, priority),
    requestSearches: (searchKeys, jobs) =>
      db.transaction().execute(async (trx) => {
        await markRequested(trx, searchKeys);
        await insertJobs(trx, jobs);
      }),
    expireDeparted: (limit, { outcome, audit: entry }) =>
      db.transaction().execute(async (trx) => {
        const trips = await expireDeparted(trx, limit, outcome);
        const entries = trips.map(({ id: tripId, userId, correlationId }) => ({
          ...entry,
          userId,
          tripId,
          correlationId,
        }));
        await audit(trx, ...entries);
        return trips.length;
      }),
  };
}

const asRow = ({ tripId: id, outcome, bestPrice }: TripCheck) => ({ id, outcome, bestPrice });

const asNotifiedFare = ({ tripId: id, notifiedFare }: TripCheck) =>
  notifiedFare ? [{ id, version: notifiedFare.before?.version ?? 0, notified: notifiedFare.after }] : [];
