import cors from 'cors';
import express, { type Express } from 'express';
import helmet from 'helmet';
import type { Cluster, Redis } from 'ioredis';
import type { Config } from '../config.ts';
import { asUser } from '../db/client.ts';
import type { PaymentProvider } from '../providers/stripe/index.ts';
import type { ReceiptDeps } from '../services/evidence/receipt.ts';
import type { TripDeps } from '../services/trips/create.ts';
import type { EventStore } from '../services/webhooks/ports.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ReportError } from '../telemetry/sentry.ts';
import { type AdminDeps, adminRoutes } from './admin.ts';
import { type HealthCheck, healthRoutes } from './health.ts';
import { createAuthenticate, type Identity } from './middleware/authenticate.ts';
import { correlate } from './middleware/correlate.ts';
import { createIdempotency } from './middleware/idempotency.ts';
import { limitBy } from './middleware/rate-limit.ts';
import { openApiDocument } from './openapi.ts';
import { docsPages } from './pages/docs.ts';
import { tripPage } from './pages/trip.ts';
import { HttpError, problemHandler, sendProblem } from './problem.ts';
import { mount } from './route.ts';
import { bookingRoutes } from './routes/bookings.ts';
import { fuseRoutes } from './routes/fuse.ts';
import { paymentMethodRoutes } from './routes/payment-methods.ts';
import { travelerRoutes } from './routes/travelers.ts';
import { tripRoutes } from './routes/trips.ts';
import { type Verifiers, webhookRoutes } from './webhooks.ts';

export interface AppDeps extends TripDeps {
  readonly config: Config;
  readonly payments: PaymentProvider;
  readonly flights: ReceiptDeps['flights'];
  readonly queues: AdminDeps['queues'];
  readonly redis: Redis | Cluster;
  readonly verify: Verifiers;
  readonly events: EventStore;
  readonly healthChecks: readonly HealthCheck[];
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly report: ReportError;
  readonly version: string;
}

/** Larger than any request of ours, far smaller than what could hurt. */
const MAX_BODY = '100kb';

/** The whole web side, in the order a request meets it. */
export function createApp(deps: AppDeps): Express {
  const { config, redis } = deps;
  const authenticate = createAuthenticate({
    issuer: config.AUTH_ISSUER,
    jwksUrl: config.AUTH_JWKS_URL,
    audience: config.AUTH_AUDIENCE,
  });
  const limits = { redis, prefix: config.QUEUE_PREFIX, limit: config.RATE_LIMIT };
  const app = express().disable('x-powered-by').set('trust proxy', config.TRUST_PROXY);

  app.use(correlate(deps));
  app.use(healthRoutes(deps.healthChecks, deps.metrics));
  app.use(helmet({ contentSecurityPolicy: { directives: BOARD_CSP } }));
  app.use(limitBy('address', limits));
  app.use('/api/webhooks', webhookRoutes(deps));
  app.use(adminRoutes({ ...deps, authenticate }));
  app.use(tripPage());

  // Express tries one after the other: the most asked comes first.
  const routes = [
    ...tripRoutes(deps),
    ...bookingRoutes(deps),
    ...travelerRoutes(deps),
    ...paymentMethodRoutes(deps),
    ...fuseRoutes(deps),
  ];
  app.use(docsPages(openApiDocument(routes, { version: deps.version, appUrl: config.APP_URL })));
  const origins = config.CORS_ORIGINS.split(',').filter(Boolean);
  if (origins.length)
    app.use('/api', cors({ origin: origins, exposedHeaders: ['X-Correlation-Id', 'Location'] }));
  app.use('/api', express.json({ limit: MAX_BODY, strict: true, verify: refuseNul }));
  const enroll = ({ userId, email }: Identity) =>
    asUser(deps.db, userId, (trx) => deps.vault.enroll(trx, userId, email));
  const idempotency = createIdempotency(deps);
  for (const route of routes)
    mount(app, route, { authenticate, enroll, limit: limitBy('user', limits), idempotency });

  app.use((_req, res) => sendProblem(res, 404, 'There is nothing here. /docs lists what there is.'));
  app.use(problemHandler(deps));
  return app;
}

/** Bull Board brings inline styles and a small inline script, and asks a foreign host for a font it can do without. */
const BOARD_CSP = {
  'default-src': ["'self'"],
  'script-src': ["'self'", "'unsafe-inline'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'font-src': ["'self'", 'data:'],
  'img-src': ["'self'", 'data:'],
  'upgrade-insecure-requests': null,
};

/** Postgres can't keep a NUL character in text, and no honest request has one. */
function refuseNul(_req: unknown, _res: unknown, body: Buffer): void {
  if (body.includes('\\u0000'))
    throw new HttpError(422, 'The body holds a NUL character.', [
      { field: 'body', message: 'must not contain NUL' },
    ]);
}
