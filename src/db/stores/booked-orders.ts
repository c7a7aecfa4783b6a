import type { Kysely } from 'kysely';
import type { BookedOrder, BookedOrderStore, OrderNews } from '../../ports/storage/booked-orders.ts';
import { audit } from '../audits.ts';
import {
  abandonedAcceptances,
  claimAcceptance,
  claimDueOrders,
  lockOrder,
  openReading,
  releaseAcceptance,
  writeAcceptance,
  writeNews,
} from '../booked-orders.ts';
import type { DB, Trx } from '../client/index.ts';
import { insertNotifications } from '../notifications.ts';
import { insertJobs } from '../outbox.ts';

/** Booked orders in Postgres. */
export function createBookedOrderStore({ db }: { db: Kysely<DB> }): BookedOrderStore {
  return {
    open: (orderId) => openReading(db, orderId),
    record: ({ orderId, askedAt }, decide) =>
      db.transaction().execute(async (trx) => {
        const locked = await lockOrder(trx, orderId);
        if (locked?.order.status !== 'CONFIRMED') return 'over';
        if (locked.lookedAt && locked.lookedAt >= askedAt) return 'older';
        const news = decide(locked.order);
        await writeNews(trx, locked.order, news, askedAt);
        await tell(trx, locked.order, news);
        return 'recorded';
      }),
    due: (limit) => claimDueOrders(db, limit),
    claimAcceptance: (id) => claimAcceptance(db, id),
    closeAcceptance: (claim, { outcome, notify }) =>
      db.transaction().execute(async (trx) => {
        const locked = await lockOrder(trx, claim.orderId);
        await writeAcceptance(trx, claim, outcome);
        if (locked) await tell(trx, locked.order, { ...notify(locked.order), jobs: [] });
      }),
    releaseAcceptance: (claim) => releaseAcceptance(db, claim),
    abandonedAcceptances: (idleMs, limit) => abandonedAcceptances(db, idleMs, limit),
  };
}

/** Audit log, notifications and jobs of a reading. */
async function tell(
  trx: Trx,
  { tripId, userId, correlationId }: BookedOrder,
  { events, notifications, jobs }: Pick<OrderNews, 'events' | 'notifications' | 'jobs'>,
): Promise<void> {
  await audit(trx, ...events.map((event) => ({ ...event, userId, tripId, actor: 'worker', correlationId })));
  await insertNotifications(trx, notifications);
  await insertJobs(trx, jobs);
}
