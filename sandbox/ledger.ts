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
    refunds: payments.refunds.map(({ id, payment_intent, amount, currency, status, created }) => ({
      id,
      paymentIntent: payment_intent,
      amount,
      currency,
      status,
      at: new Date(created * 1000).toISOString(),
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
      ticketNumbers: order.documents.map((document) => document.unique_identifier),
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
