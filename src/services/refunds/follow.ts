import { hasFailed, mayRefundAgain } from '../../domain/refund.ts';
import { decideRefunds } from './decide.ts';
import { decideDispute } from './decide-dispute.ts';
import type { FollowPorts } from './ports.ts';

/**
 * Reads a payment's refunds and disputes at the provider and brings what we know of them up to date: whoever asked for them, and whether
 * or not a webhook came. Done twice it changes nothing.
 * @returns what came of it, for the job or the event's row
 */
export async function followPayment(ports: FollowPorts, paymentIntentId: string): Promise<string> {
  const seen = await ports.payments.refundsOf(paymentIntentId);
  const now = ports.clock.now();
  const payment = await ports.refunds.follow(paymentIntentId, (stored) => decideRefunds(stored, seen, now));
  for (const dispute of await ports.payments.disputesOf(paymentIntentId))
    await ports.disputes.record(dispute, (owner, before) => decideDispute(owner, dispute, before, now));
  ports.afterCommit();
  if (!payment) return 'nobody_of_ours';
  const { attempt, booking } = payment;
  // What a person has made good is owed no more.
  const failed = seen.filter(
    (refund) =>
      hasFailed(refund) &&
      !payment.refunds.some(({ providerRefundId, resolved }) => resolved && providerRefundId === refund.id),
  );
  // What was refunded without a booking was the saga's to compensate: it goes back there while there is another way.
  if (!booking && attempt.status === 'FAILED' && failed.length && mayRefundAgain(failed)) {
    const alive = seen.some((refund) => !hasFailed(refund));
    if (
      !alive &&
      (await ports.directory.reopen(attempt, { step: 'void', paymentIntentId }, `refund-${attempt.epoch}`))
    )
      return 'refunded_again';
  }
  return 'followed';
}
