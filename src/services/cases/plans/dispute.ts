import { WAITS_FOR_RESPONSE } from '../../../domain/dispute.ts';
import { Refused } from '../../../errors.ts';
import { toOutboxJob } from '../../../queues/outbox/jobs.ts';
import type { CasePlanner } from '../ports.ts';

/**
 * A dispute is answered at the payment provider. Its case ends when the provider shows that it was, or when a person states that it is
 * lost on purpose: then it is left unanswered.
 */
export const planForDispute: CasePlanner = async (vendors, one, _action, { acceptLoss }) => {
  const { money } = one;
  const paymentIntentId = one.paymentIntentId as string;
  const dispute = (await vendors.payments.disputesOf(paymentIntentId)).find(
    ({ id }) => id === one.providerId,
  );
  if (!dispute)
    throw new Refused('conflict', `The payment provider does not show ${one.providerId}. Look it up there.`);
  const waits = WAITS_FOR_RESPONSE.has(dispute.status);
  if (waits && !acceptLoss)
    throw new Refused(
      'conflict',
      `${dispute.id} still needs a response. Send the evidence at the payment provider, or state acceptLoss (--accept-loss) to lose it.`,
    );
  const stake =
    money.currency !== null && money.stakeMinor !== null
      ? { minor: money.stakeMinor, currency: money.currency }
      : null;
  return {
    message: waits
      ? 'It is left unanswered, and will be lost. What the bank decides is followed.'
      : `It is ${dispute.status}. What the bank decides is followed.`,
    stake,
    state: 'DONE',
    async write(trx) {
      await trx.enqueue(
        toOutboxJob('follow-payment', { paymentIntentId, nudge: `case-${one.id}-${one.version}` }),
      );
      return true;
    },
  };
};
