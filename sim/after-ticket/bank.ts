import type { PaymentIntent, Refund } from '../../sandbox/stripe/types.ts';
import { toError } from '../../src/providers/stripe/errors.ts';
import type { Vendors } from '../vendors/vendors.ts';
import type { RefundFate } from './course.ts';

const courseOf = (vendors: Vendors, { metadata }: PaymentIntent) =>
  vendors.afterTicketOf(metadata.trip_id ?? '');

/**
 * Refunds as the bank does it this time: at once, in a while, not at all, or with an answer that does not say.
 * @param calls requests for a refund of this payment, by its id; this one is counted
 * @param refund asks the card network
 * @throws Refusal; OutcomeUnknown for a 500
 */
export function refundBy(
  vendors: Vendors,
  intent: PaymentIntent,
  calls: Map<string, number>,
  refund: () => Refund,
): Refund {
  const nth = calls.get(intent.id) ?? 0;
  calls.set(intent.id, nth + 1);
  const fate: RefundFate | undefined = courseOf(vendors, intent).refunds[nth];
  if (fate?.kind === 'error' && !fate.made) throw toError({ kind: 'no_answer' });
  if (fate?.kind === 'refused') return refusedOnce(vendors, refund);
  const made = refund();
  if (fate?.kind === 'made') live(vendors, made, fate);
  if (fate?.kind !== 'error') return made;
  vendors.effects += 1;
  throw toError({ kind: 'no_answer' });
}

function refusedOnce({ payments: { refundDesk } }: Vendors, refund: () => Refund): Refund {
  refundDesk.balance = 'refuses';
  try {
    return refund();
  } finally {
    refundDesk.balance = 'enough';
  }
}

function live(
  vendors: Vendors,
  made: Refund,
  { status, moves }: Extract<RefundFate, { kind: 'made' }>,
): void {
  const { world, payments } = vendors;
  if (status !== 'succeeded') payments.refundDesk.move(made, status);
  for (const { afterMs, status: to, failure } of moves)
    world.later(afterMs, () => {
      payments.refundDesk.move(made, to, failure ?? null);
      vendors.effects += 1;
    });
}

/** The cardholder disputes what was captured, if that is their course. */
export function disputeLater(vendors: Vendors, intent: PaymentIntent): void {
  const { dispute: course } = courseOf(vendors, intent);
  if (!course) return;
  const { world, payments } = vendors;
  const { inquiry, dueInMs, moves } = course;
  const chargeOf = () => payments.charges.get(String(intent.latest_charge));
  world.later(course.afterMs, () => {
    const alive = payments.refunds.filter(
      ({ payment_intent, status }) => payment_intent === intent.id && status === 'succeeded',
    );
    // What is refunded in full can not be disputed.
    if (chargeOf()?.refunded && alive.length > 0) return;
    const opened = payments.dispute(intent, { inquiry, dueInMs });
    vendors.effects += 1;
    if (!inquiry) failPending(vendors, intent);
    for (const { afterMs, to } of moves)
      world.later(afterMs, () => {
        if (to !== 'escalate') payments.disputes.move(opened, to);
        else if (chargeOf()?.refunded) payments.disputes.move(opened, 'warning_closed');
        else {
          payments.disputes.escalate(opened);
          failPending(vendors, intent);
        }
        vendors.effects += 1;
      });
  });
}

/** A refund that is not out yet when its charge is disputed fails. Source: Stripe, "Refund and cancel payments". */
function failPending({ payments }: Vendors, { id }: PaymentIntent): void {
  for (const refund of payments.refunds)
    if (refund.payment_intent === id && (refund.status === 'pending' || refund.status === 'requires_action'))
      payments.refundDesk.move(refund, 'failed', 'charge_for_pending_refund_disputed');
}
