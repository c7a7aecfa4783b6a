import { type RequestHandler, Router } from 'express';
import { z } from 'zod';
import type { Payments } from './payments.ts';

type Body = <T>(schema: z.ZodType<T>, effect: (input: T) => unknown) => RequestHandler;

const refundMove = z.object({
  refund: z.string(),
  status: z.enum(['pending', 'requires_action', 'succeeded', 'failed', 'canceled']),
  failureReason: z
    .enum([
      'lost_or_stolen_card',
      'expired_or_canceled_card',
      'charge_for_pending_refund_disputed',
      'insufficient_funds',
      'declined',
      'merchant_request',
      'unknown',
    ])
    .optional(),
});

const disputeOpening = z.object({
  paymentIntent: z.string(),
  inquiry: z.boolean().optional(),
  reason: z.string().optional(),
  dueInMs: z.number().nullable().optional(),
});

const disputeMove = z.object({
  dispute: z.string(),
  status: z.enum([
    'escalated',
    'warning_needs_response',
    'warning_under_review',
    'warning_closed',
    'needs_response',
    'under_review',
    'won',
    'lost',
    'prevented',
  ]),
});

/** `/_sandbox/stripe`: what happens to money after the payment, at somebody's will. */
export function moneyAfterPayment(payments: Payments, body: Body): Router {
  const { refundDesk, disputes } = payments;
  const router = Router();
  router.post(
    '/refunds',
    body(refundMove, ({ refund: id, status, failureReason }) => {
      const refund = refundDesk.all.find((one) => one.id === id);
      if (refund) refundDesk.move(refund, status, failureReason ?? null);
      return { found: Boolean(refund) };
    }),
  );
  router.post(
    '/balance',
    body(z.object({ balance: z.enum(['enough', 'refuses', 'pends']) }), ({ balance }) =>
      refundDesk.setBalance(balance),
    ),
  );
  router.post(
    '/disputes',
    body(disputeOpening, ({ paymentIntent, inquiry, reason, dueInMs }) =>
      payments.dispute(payments.find(paymentIntent), {
        ...(inquiry !== undefined && { inquiry }),
        ...(reason !== undefined && { reason }),
        ...(dueInMs !== undefined && { dueInMs }),
      }),
    ),
  );
  router.post(
    '/disputes/move',
    body(disputeMove, ({ dispute: id, status }) => {
      const dispute = disputes.all.find((one) => one.id === id);
      if (dispute && status === 'escalated') disputes.escalate(dispute);
      else if (dispute && status !== 'escalated') disputes.move(dispute, status);
      return { found: Boolean(dispute) };
    }),
  );
  router.post(
    '/fraud-warnings',
    body(z.object({ paymentIntent: z.string() }), ({ paymentIntent }) =>
      payments.warnOfFraud(payments.find(paymentIntent)),
    ),
  );
  return router;
}
