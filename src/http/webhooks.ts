import express, { Router } from 'express';
import type { WebhookReceiver } from '../ports/webhooks.ts';
import { type ReceiveDeps, receiveWebhook } from '../services/webhooks/receive.ts';
import { onlyMethods } from './middleware/methods.ts';
import { sendProblem } from './problem.ts';

/** Vendors send a few kilobytes; an order with many segments a few more. */
const MAX_BODY = '512kb';

const PROBLEMS = {
  forged: 'The signature does not match, or is too old.',
  not_an_event: 'This is not an event.',
};

/** What the webhook routes need. */
export interface WebhookDeps extends ReceiveDeps {
  /** One per vendor; each names its own route. */
  readonly webhookReceivers: readonly WebhookReceiver[];
}

/** `POST /api/webhooks/<source>`: verified on the raw body, stored once, answered at once. A job looks up what happened. */
export function webhookRoutes(deps: WebhookDeps): Router {
  const router = Router();
  for (const receiver of deps.webhookReceivers)
    router.post(
      `/${receiver.source}`,
      express.raw({ type: () => true, limit: MAX_BODY }),
      async (req, res) => {
        res.locals.route = `/api/webhooks/${receiver.source}`;
        const rawBody = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
        const result = await receiveWebhook(deps, receiver, rawBody, req.headers);
        if (result !== 'stored') return sendProblem(res, 'unreadable_request', PROBLEMS[result]);
        res.json({ received: true });
      },
    );
  for (const { source } of deps.webhookReceivers)
    router.all(`/${source}`, onlyMethods(['POST'], `/api/webhooks/${source}`));
  return router;
}
