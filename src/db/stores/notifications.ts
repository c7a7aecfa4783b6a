import type { Kysely } from 'kysely';
import type { NotificationStore } from '../../ports/storage/notifications.ts';
import { audit } from '../audits.ts';
import type { DB } from '../client/index.ts';
import {
  bookingToNotify,
  claimNotification,
  closeNotification,
  insertNotifications,
  releaseNotification,
  tripToNotify,
  waitingAlerts,
} from '../notifications.ts';
import { travelersOf } from '../travelers.ts';

/** Notifications in Postgres. */
export function createNotificationStore({ db }: { db: Kysely<DB> }): NotificationStore {
  return {
    enqueue: (requests) => insertNotifications(db, requests),
    claim: (id) => claimNotification(db, id),
    waitingAlerts: (staleMs, limit) => waitingAlerts(db, staleMs, limit),
    async findTrip(tripId) {
      const row = await tripToNotify(db, tripId);
      if (!row) return undefined;
      const { dataKey, email, ...trip } = row;
      const travelers = await travelersOf(db, { tripIds: [tripId] });
      return { trip, people: { dataKey, email, travelers: travelers.map(({ pii }) => pii) } };
    },
    findBooking: (tripId) => bookingToNotify(db, tripId),
    recordSent: (id, providerId, entry) =>
      db.transaction().execute(async (trx) => {
        await closeNotification(trx, id, { status: 'SENT', providerId });
        if (entry) await audit(trx, entry);
      }),
    giveUp: (id, error) => closeNotification(db, id, { status: 'FAILED', error }),
    release: (id, error) => releaseNotification(db, id, error),
  };
}
