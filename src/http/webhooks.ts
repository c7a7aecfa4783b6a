import express, { Router } from 'express';
import type { EventStore, WebhookSource } from '../services/webhooks/ports.ts';
import { receiveWebhook } from '../services/webhooks/receive.ts';
import { sendProblem } from './problem.ts';

/** Vendors send a few kilobytes; an order with many segments a few more. */
const MAX_BODY = '512kb';

export type Verifiers = Record<WebhookSource, (rawBody: Buffer, header: string | undefined) => unknown>;

/** `POST /api/webhooks/<vendor>`: verified on the raw body, stored once, answered fast; the looking is a job's work. */
export function webhookRoutes(deps: { events: EventStore; verify: Verifiers }): Router {
  const router = Router();
  const headers: Record<WebhookSource, string> = { stripe: 'stripe-signature', duffel: 'x-duffel-signature' };
  for (const source of ['stripe', 'duffel'] as const)
    router.post(`/${source}`, express.raw({ type: () => true, limit: MAX_BODY }), async (req, res) => {
      res.locals.route = `/api/webhooks/${source}`;
      const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
      const event = deps.verify[source](body, req.get(headers[source]));
      if (event === undefined) return sendProblem(res, 400, 'The signature does not match, or is too old.');
      if (!(await receiveWebhook(deps.events, source, event)))
        return sendProblem(res, 400, 'This is not an event.');
      res.json({ received: true });
    });
  return router;
}
