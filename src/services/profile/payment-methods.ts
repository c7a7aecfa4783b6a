import { OutcomeUnknown, Permanent, Refused, Retryable } from '../../errors.ts';
import type { PaymentProvider } from '../../ports/payments.ts';
import type {
  PaymentMethod,
  PaymentMethodStore,
  TripNeedingCard,
} from '../../ports/storage/payment-methods.ts';
import type { UserStore } from '../../ports/storage/users.ts';

export interface PaymentMethodView extends Omit<PaymentMethod, 'createdAt'> {
  readonly createdAt: string;
}

export interface PaymentMethodDeps {
  readonly users: Pick<UserStore, 'find' | 'setCustomerId'>;
  readonly paymentMethods: PaymentMethodStore;
  readonly payments: Pick<PaymentProvider, 'createCustomer' | 'startCardSetup' | 'saveCard' | 'removeCard'>;
}

/** A bound on the cards that are listed, far above what a user saves. */
const MAX_LISTED = 100;

/** Lets the browser save a card for payments while the traveller is away. @returns what the payment provider's script in the browser needs */
export async function startCardSetup(
  deps: PaymentMethodDeps,
  userId: string,
): Promise<{ clientSecret: string }> {
  const customerId = await ensureCustomer(deps, userId);
  return { clientSecret: await deps.payments.startCardSetup(customerId) };
}

/**
 * Saves a card that the browser has given to the payment provider.
 * @param id of the new card; the same id again is the same request again
 * @param paymentMethodId the payment provider's (`pm_…`)
 * @throws Refused `invalid` when the provider refuses the card, `conflict` while it is being removed
 */
export async function addPaymentMethod(
  deps: PaymentMethodDeps,
  userId: string,
  id: string,
  paymentMethodId: string,
): Promise<PaymentMethodView> {
  const customerId = await ensureCustomer(deps, userId);
  const card = await deps.payments.saveCard(customerId, paymentMethodId).catch(refuseCard);
  const saved = await deps.paymentMethods.save(userId, { id, ...card });
  if (!saved) throw new Refused('conflict', 'This card is being removed. Save it anew in the browser.');
  return viewPaymentMethod(saved);
}

export async function listPaymentMethods(
  { paymentMethods }: Pick<PaymentMethodDeps, 'paymentMethods'>,
  userId: string,
): Promise<PaymentMethodView[]> {
  return (await paymentMethods.list(userId, MAX_LISTED)).map(viewPaymentMethod);
}

/**
 * Removes a card, here and at the payment provider. From the first commit on it pays for nothing; its row goes once the provider
 * keeps it no longer, so that a provider that fails is asked again: by the same request, and by the daily cleanup.
 * @throws Refused `conflict` while a trip needs it, `missing`; `unavailable` when the provider has not confirmed it yet
 */
export async function deletePaymentMethod(
  { paymentMethods, payments }: Pick<PaymentMethodDeps, 'paymentMethods' | 'payments'>,
  userId: string,
  id: string,
): Promise<void> {
  const paymentMethodId = await paymentMethods.transaction(userId, async (trx) => {
    const needing = await trx.takeFromTrips(id);
    if (needing.length) throw new Refused('conflict', whyNeeded(needing));
    return trx.remove(id);
  });
  if (!paymentMethodId) throw new Refused('missing', 'There is no such card.');
  try {
    await payments.removeCard(paymentMethodId);
  } catch (error) {
    if (!(error instanceof Retryable || error instanceof OutcomeUnknown)) throw error;
    throw new Refused('unavailable', REMOVAL_UNCONFIRMED);
  }
  await paymentMethods.deleteRemoved(userId, id);
}

const whyNeeded = (trips: readonly TripNeedingCard[]): string =>
  trips.some(({ booking }) => booking)
    ? 'A trip is being paid with this card right now. Try again in a few minutes.'
    : `The trip ${trips[0]?.id} buys by itself with this card. Give it another card, switch autoBook off, or cancel it first.`;

const REMOVAL_UNCONFIRMED =
  'The card is removed here and pays for nothing any more. The payment service has not confirmed yet that it keeps it no longer: we ask again, and so does the same request.';

/** The user's customer at the payment provider, made on first use. Two requests at once get the same: the key is the user. */
async function ensureCustomer({ users, payments }: PaymentMethodDeps, userId: string): Promise<string> {
  const user = await users.find(userId);
  if (user?.customerId) return user.customerId;
  const customerId = await payments.createCustomer(userId);
  await users.setCustomerId(userId, customerId);
  return customerId;
}

function refuseCard(error: unknown): never {
  if (!(error instanceof Permanent)) throw error;
  throw new Refused('invalid', 'The card could not be saved. Try another card.', [
    {
      field: 'paymentMethodId',
      code: 'card_refused',
      message: `was refused: ${error.code.replaceAll('_', ' ')}`,
    },
  ]);
}

function viewPaymentMethod({ createdAt, ...card }: PaymentMethod): PaymentMethodView {
  return { ...card, createdAt: createdAt.toISOString() };
}
