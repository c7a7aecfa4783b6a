import type { Duffel } from './duffel/index.ts';
import type { Resend } from './resend.ts';
import type { Stripe } from './stripe/index.ts';
import type { World } from './world.ts';

/** What truly happened to money and seats, whatever anybody was told about it. */
export function ledger(world: World, vendors: { duffel: Duffel; stripe: Stripe; resend: Resend }) {
  const { duffel, stripe, resend } = vendors;
  const { payments } = stripe;
  return {
    paymentIntents: [...payments.intents.values()].map((intent) => ({
      id: intent.id,
      status: intent.status,
      amount: intent.amount,
      currency: intent.currency,
      amountCapturable: intent.amount_capturable,
      amountCaptured: intent.amount_received,
      createdAt: new Date(intent.created * 1000).toISOString(),
      ...payments.times.get(intent.id),
      metadata: intent.metadata,
    })),
    refunds: payments.refunds.map((refund) => ({
      id: refund.id,
      paymentIntent: refund.payment_intent,
      amount: refund.amount,
      currency: refund.currency,
      status: refund.status,
      failureReason: refund.failure_reason,
      at: new Date(refund.created * 1000).toISOString(),
    })),
    disputes: payments.disputes.all.map((dispute) => ({
      id: dispute.id,
      paymentIntent: dispute.payment_intent,
      amount: dispute.amount,
      currency: dispute.currency,
      status: dispute.status,
      reason: dispute.reason,
      dueBy: dispute.evidence_details.due_by,
      at: new Date(dispute.created * 1000).toISOString(),
    })),
    orders: [...duffel.orders.all.values()].map((order) => ({
      id: order.id,
      offerId: order.offer_id,
      bookingReference: order.booking_reference,
      type: order.type,
      amount: order.total_amount,
      currency: order.total_currency,
      status: order.cancelled_at ? 'cancelled' : order.payment_status.paid_at ? 'confirmed' : 'held',
      passengers: order.passengers.length,
      /** In the order of the passengers. */
      ticketNumbers: order.passengers.flatMap(({ id }) =>
        order.documents
          .filter(({ type, passenger_ids }) => type === 'electronic_ticket' && passenger_ids.includes(id))
          .map((document) => document.unique_identifier),
      ),
      createdAt: order.created_at,
      cancelledAt: order.cancelled_at,
      metadata: order.metadata,
    })),
    cancellations: duffel.orders.cancellations.map((quote) => ({
      id: quote.id,
      orderId: quote.order_id,
      refundAmount: quote.refund_amount,
      currency: quote.refund_currency,
      quotedAt: quote.created_at,
      confirmedAt: quote.confirmed_at,
    })),
    emails: resend.emails.map(({ id, at, to, subject, idempotencyKey }) => ({
      id,
      at,
      to,
      subject,
      idempotencyKey,
    })),
    calls: world.calls,
  };
}
