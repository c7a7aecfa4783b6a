import type { Selectable } from 'kysely';
import { asUser, type DB } from '../db/client.ts';
import { Permanent, Refused } from '../errors.ts';
import type { PaymentProvider } from '../providers/stripe/index.ts';
import type { Storage } from './deps.ts';

export interface PaymentMethodView {
  readonly id: string;
  readonly paymentMethodId: string;
  readonly brand: string;
  readonly last4: string;
  readonly expMonth: number;
  readonly expYear: number;
  readonly createdAt: string;
}

type Deps = Storage & { readonly payments: PaymentProvider };

/** Lets the browser save a card for payments the traveller is not there for. */
export async function startCardSetup(deps: Deps, userId: string): Promise<{ clientSecret: string }> {
  const customerId = await customerOf(deps, userId);
  return { clientSecret: await deps.payments.startCardSetup(customerId) };
}

/** Saves a card. @param id of the row to be; the same id again is the same request again */
export async function addPaymentMethod(
  deps: Deps,
  userId: string,
  id: string,
  paymentMethodId: string,
): Promise<PaymentMethodView> {
  const customerId = await customerOf(deps, userId);
  const card = await deps.payments.saveCard(customerId, paymentMethodId).catch((error: unknown) => {
    if (!(error instanceof Permanent)) throw error;
    throw new Refused('invalid', 'The card could not be saved.', [
      { field: 'paymentMethodId', message: `was refused: ${error.code.replaceAll('_', ' ')}` },
    ]);
  });
  const { brand, last4, expMonth, expYear } = card;
  return asUser(deps.db, userId, async (trx) => {
    const row = await trx
      .insertInto('paymentMethods')
      .values({ id, userId, stripePaymentMethodId: card.paymentMethodId, brand, last4, expMonth, expYear })
      .onConflict((conflict) => conflict.column('stripePaymentMethodId').doUpdateSet({ expMonth, expYear }))
      .returningAll()
      .executeTakeFirstOrThrow();
    return view(row);
  });
}

export function listPaymentMethods(deps: Deps, userId: string): Promise<PaymentMethodView[]> {
  return asUser(deps.db, userId, async (trx) => {
    const rows = await trx
      .selectFrom('paymentMethods')
      .selectAll()
      .orderBy('createdAt', 'desc')
      .orderBy('id', 'desc')
      .limit(100)
      .execute();
    return rows.map(view);
  });
}

/** Forgets a card, here and at Stripe. A trip that is being paid with it keeps it until it is over. */
export async function deletePaymentMethod(deps: Deps, userId: string, id: string): Promise<void> {
  const removed = await asUser(deps.db, userId, async (trx) => {
    const inUse = await trx
      .selectFrom('tripRequests')
      .select('id')
      .where('paymentMethodId', '=', id)
      .where('autoBookStatus', '=', 'BOOKING')
      .executeTakeFirst();
    if (inUse)
      throw new Refused(
        'conflict',
        'A trip is being paid with this card right now. Try again in a few minutes.',
      );
    return trx
      .deleteFrom('paymentMethods')
      .where('id', '=', id)
      .returning('stripePaymentMethodId')
      .executeTakeFirst();
  });
  if (!removed) throw new Refused('missing', 'There is no such card.');
  await deps.payments.removeCard(removed.stripePaymentMethodId);
}

/** The user's customer at Stripe, made on first use. Two requests at once get the same: the key is the user. */
async function customerOf(deps: Deps, userId: string): Promise<string> {
  const { db, payments } = deps;
  const known = await asUser(db, userId, (trx) =>
    trx.selectFrom('users').select('stripeCustomerId').where('userId', '=', userId).executeTakeFirstOrThrow(),
  );
  if (known.stripeCustomerId) return known.stripeCustomerId;
  const stripeCustomerId = await payments.createCustomer(userId);
  await asUser(db, userId, (trx) =>
    trx.updateTable('users').set({ stripeCustomerId }).where('userId', '=', userId).execute(),
  );
  return stripeCustomerId;
}

function view(row: Selectable<DB['paymentMethods']>): PaymentMethodView {
  const { id, stripePaymentMethodId: paymentMethodId, brand, last4, expMonth, expYear, createdAt } = row;
  return { id, paymentMethodId, brand, last4, expMonth, expYear, createdAt: createdAt.toISOString() };
}
