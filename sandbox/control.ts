import express, { type RequestHandler, Router } from 'express';
import { z } from 'zod';
import { type Auth, tokenSchema } from './auth.ts';
import { faresSchema } from './duffel/fares.ts';
import type { Duffel } from './duffel/index.ts';
import { type Faults, faultSchema } from './faults.ts';
import { inbox } from './inbox.ts';
import type { Intake } from './intake.ts';
import type { LaunchDarkly } from './launchdarkly.ts';
import { ledger } from './ledger.ts';
import type { Resend } from './resend.ts';
import { moneyAfterPayment } from './stripe/control.ts';
import type { Stripe } from './stripe/index.ts';
import type { Webhooks } from './webhooks.ts';
import type { World } from './world.ts';

export interface Parts {
  world: World;
  faults: Faults;
  webhooks: Webhooks;
  duffel: Duffel;
  stripe: Stripe;
  resend: Resend;
  launchDarkly: LaunchDarkly;
  auth: Auth;
  intake: Intake;
}

const iata = z.string().length(3);

const priceSchema = z.object({
  origin: iata,
  destination: iata,
  amount: z.string().regex(/^\d+(\.\d{1,3})?$/),
  currency: z.string().length(3),
  refundable: z.boolean().default(true),
});

const documentSchema = z.object({
  origin: iata,
  destination: iata,
  types: z.array(z.string()).default(['passport']),
});

const flagSchema = z.object({ key: z.string().min(1), value: z.unknown(), user: z.string().optional() });

const lag = z.number().int().min(0).optional();
const lagSchema = z.strictObject({ listLagMs: lag, readLagMs: lag, ticketsLateMs: lag });

const airlineSchema = z.strictObject({
  orderId: z.string(),
  cancel: z.boolean().default(false),
  refund: z.string().nullable().optional(),
  minutes: z.number().int().default(60),
  slice: z.number().int().min(0).default(0),
  gone: z.boolean().default(false),
});

const webhookSchema = z.object({
  copies: z.number().int().min(0).max(50).optional(),
  shuffleMs: z.number().int().min(0).optional(),
  appUrl: z.url().nullable().optional(),
});

/** `/_sandbox`: how tests, the demo and a curious reader steer the stand-ins and read what truly happened. */
export function control(parts: Parts): Router {
  const { world, faults, webhooks, duffel, stripe, launchDarkly, auth } = parts;
  const router = Router();
  router.use(express.json());

  router.get('/ledger', (_req, res) => void res.json(ledger(world, parts)));
  router.post(
    '/token',
    body(tokenSchema, async (input) => ({ token: await auth.token(input) })),
  );
  router.post(
    '/prices',
    body(priceSchema, ({ origin, destination, ...price }) => duffel.prices.pin(origin, destination, price)),
  );
  router.post(
    '/fares',
    body(faresSchema, (changes) => duffel.fares.set(changes)),
  );
  router.post(
    '/documents',
    body(documentSchema, ({ origin, destination, types }) => {
      duffel.documentRoutes.set(`${origin}-${destination}`, types);
    }),
  );
  router.post(
    '/airline',
    body(airlineSchema, ({ orderId, cancel, refund, ...move }) => {
      const order = duffel.orders.find(orderId);
      if (cancel) duffel.airline.cancel(order, refund);
      else return { id: duffel.airline.change(order, move).id };
    }),
  );
  router.post(
    '/faults',
    body(faultSchema, (fault) => faults.add(fault)),
  );
  router.get('/faults', (_req, res) => void res.json(faults.list()));
  router.delete('/faults', (_req, res) => {
    faults.clear();
    res.status(204).end();
  });
  router.post(
    '/flags',
    body(flagSchema, ({ key, value, user }) => launchDarkly.set(key, value, user)),
  );
  router.post(
    '/lag',
    body(lagSchema, (given) => {
      const said = Object.entries(given).filter(([, ms]) => ms !== undefined);
      Object.assign(world.settings, Object.fromEntries(said));
    }),
  );
  router.post(
    '/outage',
    body(z.object({ launchdarkly: z.boolean() }), (wanted) => launchDarkly.outage(wanted.launchdarkly)),
  );
  router.post(
    '/silence',
    body(z.object({ launchdarkly: z.enum(['streams', 'everything', 'nothing']) }), (wanted) =>
      launchDarkly.silence(wanted.launchdarkly),
    ),
  );
  router.post(
    '/clock',
    body(z.object({ advanceMs: z.number() }), ({ advanceMs }) => world.advance(advanceMs)),
  );
  router.post(
    '/webhooks',
    body(webhookSchema, ({ copies, shuffleMs, appUrl }) => {
      if (copies !== undefined) webhooks.copies = copies;
      if (shuffleMs !== undefined) webhooks.shuffleMs = shuffleMs;
      if (appUrl !== undefined) world.settings.appUrl = appUrl;
    }),
  );
  router.get('/webhooks', (_req, res) => void res.json(webhooks.deliveries));
  router.post(
    '/authenticate',
    body(z.object({ paymentIntent: z.string(), proven: z.boolean().default(true) }), (asked) => {
      stripe.payments.authenticate(stripe.payments.find(asked.paymentIntent), asked.proven);
    }),
  );
  router.use('/stripe', moneyAfterPayment(stripe.payments, body));
  router.get('/alerts', (_req, res) => void res.json(parts.intake.alerts));
  router.get('/sentry', (_req, res) => void res.json(parts.intake.envelopes));
  router.use('/inbox', inbox(parts.resend.emails));
  return router;
}

/** Parses the body, runs the effect, answers with what it returns or 204. */
function body<T>(schema: z.ZodType<T>, effect: (input: T) => unknown): RequestHandler {
  return async (req, res) => {
    const parsed = schema.safeParse(req.body ?? {});
    if (!parsed.success) return void res.status(400).json({ error: z.prettifyError(parsed.error) });
    const result = await effect(parsed.data);
    if (result === undefined) res.status(204).end();
    else res.json(result);
  };
}
