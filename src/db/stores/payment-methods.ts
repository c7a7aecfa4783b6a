import type { Kysely } from 'kysely';
import type { PaymentMethodStore, RemovedCardStore } from '../../ports/storage/payment-methods.ts';
import { repeatingDeadlocks } from '../client/deadlock.ts';
import { asUser, type DB } from '../client/index.ts';
import {
  deleteRemovedCard,
  listPaymentMethods,
  listRemovedCards,
  markRemoved,
  savePaymentMethod,
  takeCardFromTrips,
} from '../payment-methods.ts';

/** Cards in Postgres. */
export function createPaymentMethodStore({ db }: { db: Kysely<DB> }): PaymentMethodStore {
  return {
    save: (userId, card) => asUser(db, userId, (trx) => savePaymentMethod(trx, userId, card)),
    list: (userId, limit) => asUser(db, userId, (trx) => listPaymentMethods(trx, limit)),
    deleteRemoved: (userId, id) => asUser(db, userId, (trx) => deleteRemovedCard(trx, id)),
    transaction: (userId, work) =>
      repeatingDeadlocks(() =>
        asUser(db, userId, (trx) =>
          work({
            takeFromTrips: (id) => takeCardFromTrips(trx, id),
            remove: (id) => markRemoved(trx, id),
          }),
        ),
      ),
  };
}

/** Removed cards of all users in Postgres. */
export const createRemovedCardStore = ({ db }: { db: Kysely<DB> }): RemovedCardStore => ({
  list: (limit) => listRemovedCards(db, limit),
  delete: (id) => deleteRemovedCard(db, id),
});
