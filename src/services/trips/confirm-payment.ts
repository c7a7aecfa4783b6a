import { type DecimalMoney, formatMoney } from '../../domain/money.ts';
import { confirmBy } from '../../domain/payment-confirmation.ts';
import { notConfirmable } from '../../domain/trip-cancellation.ts';
import { Refused } from '../../errors.ts';
import type { PaymentProvider } from '../../ports/payments.ts';
import type { LockedAttempt, TripWrites } from '../../ports/storage/trips.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';
import { requireTrip, type TripDeps, type TripRequest } from './deps.ts';
import { type TripView, viewTrip } from './view.ts';

export interface ConfirmPaymentDeps extends Pick<TripDeps, 'trips' | 'flags' | 'clock' | 'afterCommit'> {
  readonly payments: Pick<PaymentProvider, 'confirmation'>;
  /** Null where the web app brings its own. */
  readonly publishableKey: string | null;
}

/** What a browser needs to confirm the payment of a trip. */
export interface ConfirmationView {
  readonly clientSecret: string;
  readonly publishableKey: string | null;
  /** The payment provider's id of the card. */
  readonly paymentMethodId: string | null;
  readonly amount: DecimalMoney;
  readonly expiresAt: string;
}

/**
 * How the traveller confirms the payment that their bank asked about. The secret is read from the payment provider each time.
 * @throws Refused `conflict` when no payment waits, or it is confirmed already; `unavailable` while new bookings are stopped
 */
export async function startPaymentConfirmation(
  { trips, flags, clock, payments, publishableKey }: ConfirmPaymentDeps,
  { id, userId }: TripRequest,
): Promise<ConfirmationView> {
  const attempt = await trips.transaction(userId, (trx) => lockWaiting(trx, id));
  const until = confirmBy(attempt);
  if (clock.now() >= until)
    throw new Refused(
      'conflict',
      'The time to confirm is over. Nothing is charged, and the trip is watched on.',
    );
  const stop = await flags.bookingStop(userId);
  if (stop) throw new Refused('unavailable', `${stop.message} Confirm the payment once bookings go on.`);
  const found = await payments.confirmation(attempt.paymentIntentId as string);
  const { status, amount } = found.authorization;
  if (status === 'authorized')
    throw new Refused('conflict', 'The payment is confirmed already, and the booking goes on.');
  if (status !== 'pending')
    throw new Refused('conflict', 'The payment can no longer be confirmed. Nothing is charged.');
  return {
    clientSecret: found.clientSecret,
    publishableKey,
    paymentMethodId: found.paymentMethodId,
    amount: formatMoney(amount),
    expiresAt: until.toISOString(),
  };
}

/**
 * The traveller's browser says that the payment is confirmed. Nothing is taken for granted: the saga looks it up, now instead of at its next
 * time. A webhook may have been faster; then nothing is left to do.
 */
export async function reportPaymentConfirmed(
  deps: Pick<ConfirmPaymentDeps, 'trips' | 'afterCommit'>,
  { id, userId, correlationId }: TripRequest,
): Promise<TripView> {
  const shown = await deps.trips.transaction(userId, async (trx) => {
    const trip = requireTrip(await trx.lock(id));
    const attempt = await trx.lockLiveAttempt(id);
    if (notConfirmable(attempt) || !attempt) return trip;
    const { id: attemptId, number } = attempt;
    const epoch = await trx.wake(attemptId);
    await trx.audit({
      userId,
      tripId: id,
      attemptId,
      type: 'payment.confirmation_reported',
      actor: `user:${userId}`,
      correlationId,
    });
    const payload = { attemptId, tripId: id, number, nudge: `confirm${epoch}` };
    await trx.enqueue(toOutboxJob('book', payload, { correlationId }));
    return requireTrip(await trx.find(id));
  });
  deps.afterCommit();
  return viewTrip(shown);
}

async function lockWaiting(trx: TripWrites, id: string): Promise<LockedAttempt> {
  requireTrip(await trx.lock(id));
  const attempt = await trx.lockLiveAttempt(id);
  const reason = notConfirmable(attempt);
  if (reason || !attempt) throw new Refused('conflict', reason ?? '');
  return attempt;
}
