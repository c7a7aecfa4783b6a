import { demand } from '../breach.ts';
import { airlineMinor } from '../ledger-money.ts';
import type { Simulated } from '../simulated.ts';

/** Longer than from the last look at the disputes to the confirmation, whatever goes wrong in between. */
const DISPUTE_READ_MS = 30 * 60_000;

/** R7: a ticket is given up only for money whose amount is known, and for no less than the traveller accepted, and not while the payment is disputed. */
export function checkConfirmation(
  { tables, vendors, time }: Simulated,
  quoteId: string,
  cancellationId: string,
): void {
  const quote = vendors.orders.cancellations.find(({ id }) => id === quoteId);
  const { paid, paymentIntentId, acceptedMinor = null } = tables.cancellations.get(cancellationId) ?? {};
  demand(quote !== undefined && paid !== undefined, 'R7', () => 'confirmed what was never quoted');
  if (!quote || !paid) return;
  const { refund_amount: amount, refund_currency: currency, refund_to: to } = quote;
  const isMoney =
    amount !== null && airlineMinor(amount) > 0 && currency === paid.currency && to === 'balance';
  demand(isMoney, 'R7', () => `a ticket is cancelled for ${amount} ${currency} to ${to}`);
  const disputed = vendors.payments.disputes.all.some(
    ({ payment_intent, created, status }) =>
      payment_intent === paymentIntentId &&
      created * 1_000 < time.now - DISPUTE_READ_MS &&
      status !== 'won' &&
      status !== 'warning_closed',
  );
  demand(!disputed, 'R7', () => 'a ticket is cancelled whose payment is disputed');
  const back = Math.min(airlineMinor(amount ?? ''), paid.minor);
  demand(
    acceptedMinor === null || back >= acceptedMinor,
    'R7',
    () => `${back} comes back, the traveller accepted no less than ${acceptedMinor}`,
  );
}
