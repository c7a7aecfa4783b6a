import { sql } from 'kysely';
import type { PaymentMethod, RemovedCard, TripNeedingCard } from '../ports/storage/payment-methods.ts';
import type { Db, Trx } from './client/index.ts';
import { precompiled } from './client/precompiled.ts';

/** The port's names of the columns. */
const COLUMNS = [
  'id',
  'stripePaymentMethodId as paymentMethodId',
  'brand',
  'last4',
  'expMonth',
  'expYear',
  'createdAt',
] as const;

/** Our id of a card that is named by our id or by the payment provider's. It can't be removed before the transaction ends. */
export async function keepPaymentMethod(db: Db, named: string): Promise<string | undefined> {
  const [card] = await (named.startsWith('pm_') ? byProviderId : byId)(db, { named });
  return card?.id;
}
const byId = precompiled((db, { named }: { named: string }) =>
  db
    .selectFrom('paymentMethods')
    .select('id')
    .where('id', '=', named)
    .where('removedAt', 'is', null)
    .forShare(),
);
const byProviderId = precompiled((db, { named }: { named: string }) =>
  db
    .selectFrom('paymentMethods')
    .select('id')
    .where('stripePaymentMethodId', '=', named)
    .where('removedAt', 'is', null)
    .forShare(),
);

export function listPaymentMethods(db: Db, limit: number): Promise<PaymentMethod[]> {
  return db
    .selectFrom('paymentMethods')
    .select(COLUMNS)
    .where('removedAt', 'is', null)
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** A card that is stored already keeps its id, and gets the new expiry date. @returns undefined for one that is being removed */
export function savePaymentMethod(
  db: Db,
  userId: string,
  card: Omit<PaymentMethod, 'createdAt'>,
): Promise<PaymentMethod | undefined> {
  const { id, paymentMethodId: stripePaymentMethodId, brand, last4, expMonth, expYear } = card;
  return db
    .insertInto('paymentMethods')
    .values({ id, userId, stripePaymentMethodId, brand, last4, expMonth, expYear })
    .onConflict((conflict) =>
      conflict
        .column('stripePaymentMethodId')
        .doUpdateSet({ expMonth, expYear })
        .where('paymentMethods.removedAt', 'is', null),
    )
    .returning(COLUMNS)
    .executeTakeFirst();
}

/** Trips hold a share of their card's row while they take it, so that none takes it once this has begun. @returns the trips that need it */
export async function takeCardFromTrips(trx: Trx, id: string): Promise<TripNeedingCard[]> {
  await trx.selectFrom('paymentMethods').select('id').where('id', '=', id).forUpdate().execute();
  const trips = await trx
    .updateTable('tripRequests')
    .set({ paymentMethodId: null })
    .where('paymentMethodId', '=', id)
    .returning(['id', 'autoBookStatus', 'autoBookEnabled'])
    .execute();
  return trips
    .map((trip) => ({ ...trip, booking: trip.autoBookStatus === 'BOOKING' }))
    .filter(
      ({ booking, autoBookStatus, autoBookEnabled }) =>
        booking || (autoBookStatus === 'PENDING' && autoBookEnabled),
    )
    .map(({ id: tripId, booking }) => ({ id: tripId, booking }));
}

/** @returns the payment provider's id; undefined when there is no such card */
export async function markRemoved(trx: Trx, id: string): Promise<string | undefined> {
  const removed = await trx
    .updateTable('paymentMethods')
    .set({ removedAt: sql`coalesce(removed_at, now())` })
    .where('id', '=', id)
    .returning('stripePaymentMethodId')
    .executeTakeFirst();
  return removed?.stripePaymentMethodId;
}

/** The cards that were removed longest ago. */
export function listRemovedCards(db: Db, limit: number): Promise<RemovedCard[]> {
  return db
    .selectFrom('paymentMethods')
    .select(['id', 'stripePaymentMethodId as paymentMethodId'])
    .where('removedAt', 'is not', null)
    .orderBy('removedAt')
    .orderBy('id')
    .limit(limit)
    .execute();
}

export async function deleteRemovedCard(db: Db, id: string): Promise<void> {
  await db.deleteFrom('paymentMethods').where('id', '=', id).where('removedAt', 'is not', null).execute();
}
