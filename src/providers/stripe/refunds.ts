import type Stripe from 'stripe';
import type { Dispute } from '../../domain/dispute.ts';
import type { Refund } from '../../domain/refund.ts';
import type { PaymentProvider } from '../../ports/payments.ts';
import { metadataOf } from '../deployment.ts';
import { asUnknown } from '../resilience.ts';
import type { StripeClient } from './client.ts';
import type { ListOptions } from './list-authorizations.ts';
import { fromStripe, toStripe } from './normalise.ts';

/** Stripe's largest page. */
const PAGE_SIZE = 100;

/**
 * Refunds and disputes. A refund gets no `reason`: `fraudulent` would block the card and the address for good. Source: Stripe,
 * "Refund and cancel payments".
 */
export function createRefunds(
  { read, write }: StripeClient,
  { deployment }: Pick<ListOptions, 'deployment'>,
): Pick<PaymentProvider, 'refund' | 'refundsOf' | 'disputesOf' | 'disputesSince'> {
  const disputes = async (filter: Stripe.DisputeListParams) =>
    (await everyPage((page) => read((sdk) => sdk.disputes.list({ ...filter, ...page })))).map(toDispute);
  return {
    async refund(paymentIntentId, amount, key, attemptId) {
      const params = {
        payment_intent: paymentIntentId,
        amount: toStripe(amount),
        metadata: metadataOf(deployment, { attempt_id: attemptId, refund_key: key }),
      };
      const made = await write((sdk) => sdk.refunds.create(params, { idempotencyKey: key }));
      try {
        return toRefund(made);
      } catch (error) {
        // It was made, whatever keeps it from being read.
        throw asUnknown(error);
      }
    },
    // One that can't be read fails the whole: left out, it would be asked for a second time.
    refundsOf: async (payment_intent) =>
      (await everyPage((page) => read((sdk) => sdk.refunds.list({ payment_intent, ...page })))).map(toRefund),
    disputesOf: (payment_intent) => disputes({ payment_intent }),
    disputesSince: (since) => disputes({ created: { gte: Math.floor(since.getTime() / 1_000) } }),
  };
}

interface Page {
  readonly limit: number;
  readonly starting_after?: string;
}

async function everyPage<T extends { id: string }>(
  list: (page: Page) => Promise<{ readonly data: readonly T[]; readonly has_more: boolean }>,
): Promise<T[]> {
  const found: T[] = [];
  for (;;) {
    const after = found.at(-1)?.id;
    const { data, has_more } = await list({ limit: PAGE_SIZE, ...(after && { starting_after: after }) });
    found.push(...data);
    if (!has_more || data.length === 0) return found;
  }
}

/** A status that we do not know is not an end: such a refund is followed further. */
export function toRefund(refund: Stripe.Refund): Refund {
  const currency = refund.currency.toUpperCase();
  return {
    id: refund.id,
    status: STATUSES.find((known) => known === refund.status) ?? 'pending',
    amount: { minor: fromStripe(refund.amount, currency), currency },
    pendingReason: refund.pending_reason ?? null,
    failureReason: refund.failure_reason ?? null,
    key: refund.metadata?.refund_key ?? null,
    createdAt: new Date(refund.created * 1_000),
  };
}

const STATUSES = ['pending', 'requires_action', 'succeeded', 'failed', 'canceled'] as const;

/** The statuses after which nothing more comes. Source: Stripe, "Dispute object". */
const CLOSED = new Set<string>(['won', 'lost', 'warning_closed', 'prevented']);

export function toDispute(dispute: Stripe.Dispute): Dispute {
  const currency = dispute.currency.toUpperCase();
  const { payment_intent: payment, evidence_details: evidence, is_charge_refundable: refundable } = dispute;
  return {
    id: dispute.id,
    paymentIntentId: typeof payment === 'string' ? payment : (payment?.id ?? ''),
    amount: { minor: fromStripe(dispute.amount, currency), currency },
    reason: dispute.reason,
    status: dispute.status,
    closed: CLOSED.has(dispute.status),
    // 0 says that no response is possible.
    evidenceDueBy: evidence?.due_by ? new Date(evidence.due_by * 1_000) : null,
    refundable: typeof refundable === 'boolean' ? refundable : null,
    openedAt: new Date(dispute.created * 1_000),
  };
}
