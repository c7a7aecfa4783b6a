import { type AuditEntry, audit } from '../../db/audits.ts';
import { inTransaction, type Trx, unlessLive } from '../../db/client.ts';
import { claimSearch, completeSearch, failSearch, offersOf } from '../../db/searches.ts';
import { expireDeparted, noteChecks, noteFailure, tripsAwaiting } from '../../db/trips.ts';
import { dueSearches, noteAsked, noteWorth, prospectOf } from '../../db/watches.ts';
import { moneyText } from '../../domain/money.ts';
import { enqueueMany } from '../../queues/outbox.ts';
import { beginBooking } from '../booking/begin.ts';
import type { Storage } from '../deps.ts';
import { notifyLater } from '../notify-later.ts';
import { pack } from '../payload.ts';
import type { Decision, WatchStore } from './ports.ts';
import { searchCompleted } from './search.ts';

const EXPIRED = {
  code: 'expired',
  message: 'The departure has passed. Nothing was bought and nothing is held.',
};

/** Watched trips and their searches in Postgres. */
export function createWatchStore(
  deps: Storage & { snapshotFlags: (userId: string) => Promise<Record<string, boolean>> },
): WatchStore {
  const { db, afterCommit } = deps;
  return {
    async wanted(searchKey) {
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
    keepOffers: ({ id }, result) => completeSearch(db, id, pack(result)),
    async noteFailure({ id, searchKey }, { code, outcome, nextCheckAt }) {
      await failSearch(db, id, code);
      await noteFailure(db, searchKey, outcome, nextCheckAt);
    },
    offersOf: (searchId) => offersOf(db, searchId),
    async awaiting(searchKey, page) {
      const rows = await tripsAwaiting(db, searchKey, page);
      return rows.map(({ maxPriceMinor, currency, ...trip }) => ({
        ...trip,
        mandate: { minor: maxPriceMinor, currency },
      }));
    },
    async note(decisions, nextCheckAt) {
      await db.transaction().execute((trx) => noteDecisions(trx, decisions, nextCheckAt));
      afterCommit();
    },
    async begin(decision, offer, now) {
      const { trip, outcome, best } = decision;
      const { id: tripId, userId, correlationId } = trip;
      const flags = await deps.snapshotFlags(userId);
      const begun = await unlessLive(inTransaction(db), async (trx) => {
        const noted = await noteChecks(trx, [{ id: tripId, outcome, bestPrice: best }], now);
        // Another search of the same trip was faster, or the traveller changed their mind.
        if (noted.size === 0) return undefined;
        await audit(trx, { ...entryOf(decision), flags });
        return beginBooking(trx, {
          tripId,
          userId,
          correlationId,
          now,
          wantedItinerary: null,
          selectedOfferId: offer.offerId,
          actor: 'worker',
          flags,
          detail: { by: 'watch', offerId: offer.offerId, price: moneyText(offer.price) },
        });
      });
      afterCommit();
      return begun !== undefined;
    },
    due: (limit) => dueSearches(db, limit),
    noteWorth: (searchKey, worth) => noteWorth(db, searchKey, worth),
    prospect: (searchKey) => prospectOf(db, searchKey),
    giveBack: (searchId) => failSearch(db, searchId, 'quota_spent'),
    async askFor(searchKeys, window) {
      const jobs = searchKeys.map((searchKey) => ({ searchKey, window }));
      await db.transaction().execute(async (trx) => {
        await noteAsked(trx, searchKeys);
        await enqueueMany(trx, 'search', jobs);
      });
      afterCommit();
    },
    expireDeparted: (limit) =>
      db.transaction().execute(async (trx) => {
        const trips = await expireDeparted(trx, limit, EXPIRED);
        await audit(
          trx,
          ...trips.map(({ id, userId, correlationId }) => ({
            userId,
            tripId: id,
            type: 'trip.expired',
            actor: 'worker',
            correlationId,
          })),
        );
        return trips.length;
      }),
  };
}

async function noteDecisions(trx: Trx, decisions: readonly Decision[], nextCheckAt: Date): Promise<void> {
  const checks = decisions.map(({ trip, outcome, best }) => ({ id: trip.id, outcome, bestPrice: best }));
  const noted = await noteChecks(trx, checks, nextCheckAt);
  const still = decisions.filter(({ trip }) => noted.has(trip.id));
  const news = still.filter(({ trip, outcome }) => trip.outcome.message !== outcome.message);
  await audit(trx, ...news.map(entryOf));
  for (const { trip, outcome, best } of still)
    if (outcome.code === 'fits' && best)
      await notifyLater(trx, {
        userId: trip.userId,
        tripId: trip.id,
        kind: 'price_change',
        dedupeKey: `price_fits:${trip.id}:${best.minor}`,
        data: { ...outcome },
        correlationId: trip.correlationId,
      });
}

function entryOf(decision: Decision): AuditEntry {
  const { id: tripId, userId, correlationId } = decision.trip;
  return { ...searchCompleted(decision), userId, tripId, actor: 'worker', correlationId };
}
