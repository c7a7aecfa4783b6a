import type { Clock } from '../../ports/clock.ts';
import type { Outbox } from '../../ports/outbox.ts';
import type { PaymentProvider } from '../../ports/payments.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';

/** What listing the account's disputes needs of the outside. */
export interface ListDisputesPorts {
  readonly payments: Pick<PaymentProvider, 'disputesSince'>;
  readonly outbox: Outbox;
  readonly clock: Pick<Clock, 'now'>;
}

/** Has each payment looked at that was disputed lately: a webhook may be lost. @param sinceMs how far the list goes back */
export async function listDisputes(
  { payments, outbox, clock }: ListDisputesPorts,
  sinceMs: number,
): Promise<number> {
  const now = clock.now().getTime();
  const disputes = await payments.disputesSince(new Date(now - sinceMs));
  const disputed = new Set(disputes.map(({ paymentIntentId }) => paymentIntentId).filter(Boolean));
  const why = `list-${now.toString(36)}`;
  await outbox.enqueue(
    [...disputed].map((paymentIntentId) => toOutboxJob('follow-payment', { paymentIntentId, nudge: why })),
  );
  return disputed.size;
}
