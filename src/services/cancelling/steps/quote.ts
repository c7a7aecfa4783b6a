import type { Cancellation } from '../../../domain/cancellation.ts';
import { CREDITS } from '../../../domain/cancellation-words.ts';
import { type Money, moneyText } from '../../../domain/money.ts';
import type { Intent } from '../../../domain/saga.ts';
import { type CancellationQuote, CancellationRefused, type FoundOrder } from '../../../ports/flights.ts';
import { wait } from '../../saga/step.ts';
import type { CancellingStepPorts, CancellingStepResult } from '../ports.ts';
import { finish, LOOK_AGAIN_MS, next, paymentDisputed, toHuman } from '../results.ts';
import { isBelowAccepted } from './accepted-refund.ts';

/** Asks the airline what the fare gives back. A fare that gives no money back is left as it is. */
export async function quote(
  { flights, payments, session }: CancellingStepPorts,
  cancellation: Cancellation,
): Promise<CancellingStepResult> {
  const { orderId, paymentIntentId } = cancellation;
  const refused = refusedBecause(session.findIntent('cancel_booking'));
  const order = await flights.order(orderId);
  if (order.cancelled) return next('verify_order');
  const changed = hasOpenChange(order);
  if (!order.cancellable) return changed ? byHand() : refused('order_not_cancellable', NOT_ONLINE);
  // Before the pivot: a payment that the cardholder disputes is not to be refunded on top.
  const disputes = await payments.disputesOf(paymentIntentId);
  if (disputes.some(paymentDisputed))
    return toHuman(
      'payment_disputed',
      'The cardholder disputes the payment at the bank. The ticket is still valid.',
    );
  try {
    const quoted = await flights.quoteCancellation(orderId);
    return changed && !givesAllBack(quoted, cancellation) ? byHand() : decide(quoted, cancellation, refused);
  } catch (error) {
    if (!(error instanceof CancellationRefused)) throw error;
    if (error.refusal !== 'refused') return wait(LOOK_AGAIN_MS, 'the order reads as live and as cancelled');
    return toHuman(error.code, 'The airline refused to say what a cancellation gives back.');
  }
}

/** The last change, which alone can be answered, was not. */
const hasOpenChange = ({ changes }: Pick<FoundOrder, 'changes'>): boolean =>
  changes.at(-1)?.decision === null;

/**
 * Whoever does not want what the airline changed may be owed the whole price, whatever the fare says; sellers settle that by hand.
 * Source: Duffel, "Managing airline-initiated changes".
 */
const byHand = (): CancellingStepResult =>
  toHuman(
    'airline_change_open',
    'The airline changed the flights, and online the fare would not give all the money back. The ticket is still valid.',
  );

const givesAllBack = ({ refund, refundTo }: CancellationQuote, { paid }: Cancellation): boolean =>
  refundTo === 'balance' && refund?.currency === paid.currency && refund.minor >= paid.minor;

function decide(
  quoted: CancellationQuote,
  cancellation: Cancellation,
  refused: ReturnType<typeof refusedBecause>,
): CancellingStepResult {
  const { refund, refundTo } = quoted;
  const credits = CREDITS[refundTo];
  if (credits) return refused('refunded_in_credits', inCredits(credits, refund));
  // Unknown is not zero: a ticket is not cancelled for an unknown amount.
  if (!refund) return toHuman('refund_unknown', 'The airline does not say what a cancellation gives back.');
  if (refund.minor === 0) return refused('order_not_refundable', NOTHING_BACK);
  if (refundTo !== 'balance')
    return toHuman(
      'refund_elsewhere',
      `The airline would refund to ${refundTo || 'a place it does not name'}.`,
    );
  if (refund.currency !== cancellation.paid.currency)
    return toHuman('refund_currency', 'The airline gives back another currency than was charged.');
  if (isBelowAccepted(cancellation, refund)) return refused('refund_lower', BELOW_ACCEPTED);
  return next('confirm', { patch: { quote: quoted } });
}

const BELOW_ACCEPTED = 'The airline gives back less by now than you accepted, so nothing was cancelled.';
/** What has departed, say: then the airline decides by hand. */
const NOT_ONLINE =
  'The airline does not let this booking be cancelled online. Ask the airline with your booking reference, or ask us.';
const NOTHING_BACK = 'The airline gives nothing back for this fare.';

/** Credits are the traveller's to want: nothing is cancelled for them without being asked. */
const inCredits = (credits: string, refund: Money | null): string =>
  `For this fare the airline gives no money back, but ${credits}${refund ? ` of ${moneyText(refund)}` : ''}. ` +
  'To cancel for the credits, contact the airline with your booking reference.';

/**
 * A fare that gives no money back leaves the booking as it is, unless a confirmation may have cancelled it already: then
 * that must not be said, and a person finds out.
 */
const refusedBecause =
  (confirmation: Pick<Intent, 'outcome'> | null) =>
  (code: string, message: string): CancellingStepResult =>
    confirmation && confirmation.outcome !== 'stale'
      ? toHuman('cancel_unconfirmed', 'The cancellation was confirmed, and the order still reads as live.')
      : finish({ kind: 'refused', code, message });
