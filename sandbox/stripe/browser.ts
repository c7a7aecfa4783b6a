import cors from 'cors';
import { Router } from 'express';
import { problem, refuse } from './errors.ts';
import type { Payments } from './payments.ts';
import type { PaymentIntent } from './types.ts';

const PUBLISHABLE = /^Bearer pk_(test|live)_/;
/** What a browser may do: read and confirm the one intent whose secret it has. */
const ALLOWED = /^\/payment_intents\/[^/]+(\/confirm)?$/;

/** Requests of browsers bear the publishable key, come from other origins, and may do very little. Source: Stripe, "API keys". */
export function fromBrowsers(payments: Payments): Router {
  const router = Router();
  router.use(cors());
  router.use((req, res, next) => {
    if (!PUBLISHABLE.test(req.get('authorization') ?? '')) return next();
    if (!ALLOWED.test(req.path)) {
      const { status, body } = problem(403, {
        type: 'invalid_request_error',
        code: 'secret_key_required',
        message: 'This API call cannot be made with a publishable API key.',
      });
      return void res.status(status).json(body);
    }
    const { client_secret: given } = { ...req.query, ...(req.body as object) } as { client_secret?: string };
    const intent = payments.intents.get(String(req.path.split('/')[2]));
    if (!intent || intent.client_secret !== given || (req.body as { off_session?: unknown })?.off_session) {
      const { status, body } = problem(400, {
        type: 'invalid_request_error',
        code: 'payment_intent_invalid_parameter',
        message: 'The client_secret provided does not match any associated PaymentIntent on this account.',
        param: 'client_secret',
      });
      return void res.status(status).json(body);
    }
    req.headers.authorization = 'Bearer sk_test_on_behalf_of_the_browser';
    next();
  });
  return router;
}

/** A secret that is sent must be the intent's. */
export function checkPayer(
  { client_secret }: { client_secret?: unknown },
  { client_secret: own }: PaymentIntent,
): void {
  if (client_secret !== undefined && client_secret !== own)
    refuse(400, {
      type: 'invalid_request_error',
      code: 'payment_intent_invalid_parameter',
      message:
        'The client_secret provided does not match the client_secret associated with the PaymentIntent.',
      param: 'client_secret',
    });
}
