import express, { type Express } from 'express';
import helmet from 'helmet';
import type { Config } from '../config.ts';
import type { Identity, VerifyToken } from '../ports/identity.ts';
import type { Logger } from '../ports/log.ts';
import type { BookingStore } from '../ports/storage/bookings.ts';
import type { IdempotencyStore } from '../ports/storage/idempotency.ts';
import type { UserStore } from '../ports/storage/users.ts';
import { createEmailRefresh, type EnrollDeps, enroll } from '../services/privacy/enroll.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ReportError } from '../telemetry/sentry.ts';
import { type AdminDeps, adminRoutes } from './admin.ts';
import { type HealthCheck, healthRoutes } from './health.ts';
import { createAuthenticate } from './middleware/authenticate.ts';
import { correlate } from './middleware/correlate.ts';
import { crossOrigin } from './middleware/cross-origin.ts';
import { createIdempotency } from './middleware/idempotency.ts';
import { noStore } from './middleware/no-store.ts';
import { limitBy, type RateLimitRedis } from './middleware/rate-limit.ts';
import { createShedding, type ShedDeps } from './middleware/shed.ts';
import { openApiDocument } from './openapi.ts';
import { confirmPaymentPage } from './pages/confirm-payment.ts';
import { docsPages } from './pages/docs.ts';
import { homePage } from './pages/home.ts';
import { problemPages } from './pages/problems.ts';
import { tripPage } from './pages/trip.ts';
import { PROBLEM_PAGES, problemHandler, sendProblem } from './problem.ts';
import { mountAll } from './route.ts';
import { apiRoutes, type RouteDeps } from './routes/index.ts';
import { type WebhookDeps, webhookRoutes } from './webhooks.ts';

type UseCaseDeps = RouteDeps & EnrollDeps & WebhookDeps;

export interface AppDeps extends UseCaseDeps {
  readonly config: Config;
  readonly verifyToken: VerifyToken;
  readonly bookings: BookingStore;
  readonly users: UserStore;
  readonly idempotencyKeys: IdempotencyStore;
  readonly opsAudits: AdminDeps['opsAudits'];
  readonly queues: AdminDeps['queues'];
  readonly redis: RateLimitRedis;
  readonly database: { readonly pool: ShedDeps['pool'] };
  readonly healthChecks: readonly HealthCheck[];
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly report: ReportError;
  readonly version: string;
}

/** The web role's Express app. Middleware runs in this order. */
export function createApp(deps: AppDeps): Express {
  const { config, redis } = deps;
  const authenticate = createAuthenticate(deps.verifyToken);
  const limits = { redis, prefix: config.QUEUE_PREFIX, limit: config.RATE_LIMIT };
  const app = express().disable('x-powered-by').set('trust proxy', config.TRUST_PROXY);
  app.set(PROBLEM_PAGES, new URL('/problems', config.APP_URL).href);

  app.use(correlate(deps));
  const { METRICS_TOKEN: token } = config;
  app.use(healthRoutes(deps.healthChecks, deps.metrics, token ? { token } : 'none'));
  app.use(helmet({ contentSecurityPolicy: { directives: BOARD_CSP } }));
  app.use('/api', noStore);
  if (config.CORS_ORIGINS.length) app.use('/api', crossOrigin(config.CORS_ORIGINS));
  app.use(limitBy('address', limits));
  app.use('/api/webhooks', webhookRoutes(deps));
  app.use(adminRoutes({ ...deps, authenticate, appUrl: config.APP_URL }));
  app.use(homePage());
  app.use(problemPages());
  app.use(tripPage());
  app.use(confirmPaymentPage({ stripeJsUrl: config.STRIPE_JS_URL }));

  const routes = apiRoutes(deps);
  app.use(docsPages(openApiDocument(routes, { version: deps.version, appUrl: config.APP_URL })));
  const mounting = {
    authenticate,
    eventTickets: deps.eventTickets,
    enroll: (user: Identity) => enroll(deps, user),
    refreshEmail: createEmailRefresh(deps),
    shed: createShedding({ most: config.REQUESTS_AT_ONCE, pool: deps.database.pool, metrics: deps.metrics }),
    limit: limitBy('user', limits),
    idempotency: createIdempotency(deps),
  };
  mountAll(app, routes, mounting);

  app.use((_req, res) => sendProblem(res, 'not_found', 'There is nothing here. /docs lists what there is.'));
  app.use(problemHandler(deps));
  return app;
}

/** Bull Board has inline styles, a small inline script, and a font on another host that it works without. */
const BOARD_CSP = {
  'default-src': ["'self'"],
  'script-src': ["'self'", "'unsafe-inline'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'font-src': ["'self'", 'data:'],
  'img-src': ["'self'", 'data:'],
  'upgrade-insecure-requests': null,
};
