import cors from 'cors';
import express, { type Express } from 'express';
import helmet from 'helmet';
import type { Config } from '../config.ts';
import type { Identity, VerifyToken } from '../ports/identity.ts';
import type { Logger } from '../ports/log.ts';
import type { BookingStore } from '../ports/storage/bookings.ts';
import type { FuseStore } from '../ports/storage/fuse.ts';
import type { IdempotencyStore } from '../ports/storage/idempotency.ts';
import type { ReceiptStore } from '../ports/storage/receipts.ts';
import type { UserStore } from '../ports/storage/users.ts';
import type { BookingReadDeps } from '../services/bookings/read.ts';
import type { CancellationReadDeps } from '../services/cancelling/read-cancellation.ts';
import type { CancellationRequestDeps } from '../services/cancelling/request.ts';
import type { CasePorts } from '../services/cases/ports.ts';
import type { ReceiptDeps } from '../services/evidence/receipt.ts';
import { createEmailRefresh, type EnrollDeps, enroll } from '../services/privacy/enroll.ts';
import type { PaymentMethodDeps } from '../services/profile/payment-methods.ts';
import type { TravelerDeps } from '../services/profile/travelers.ts';
import type { TripDeps } from '../services/trips/deps.ts';
import type { TripReadDeps } from '../services/trips/read.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ReportError } from '../telemetry/sentry.ts';
import { type AdminDeps, adminRoutes } from './admin.ts';
import { type HealthCheck, healthRoutes } from './health.ts';
import { createAuthenticate } from './middleware/authenticate.ts';
import { correlate } from './middleware/correlate.ts';
import { createIdempotency } from './middleware/idempotency.ts';
import { noStore } from './middleware/no-store.ts';
import { limitBy, type RateLimitRedis } from './middleware/rate-limit.ts';
import { refuseUnstorable } from './middleware/storable.ts';
import { openApiDocument } from './openapi.ts';
import { docsPages } from './pages/docs.ts';
import { homePage } from './pages/home.ts';
import { tripPage } from './pages/trip.ts';
import { problemHandler, sendProblem } from './problem.ts';
import { mountAll } from './route.ts';
import { bookingRoutes } from './routes/bookings.ts';
import { caseRoutes } from './routes/cases.ts';
import { fuseRoutes } from './routes/fuse.ts';
import { paymentMethodRoutes } from './routes/payment-methods.ts';
import { opsReceiptRoutes } from './routes/receipts.ts';
import { travelerRoutes } from './routes/travelers.ts';
import { tripRoutes } from './routes/trips.ts';
import { type WebhookDeps, webhookRoutes } from './webhooks.ts';

/** What the routes' use-cases need. */
type UseCaseDeps = TripDeps &
  TripReadDeps &
  ReceiptDeps &
  BookingReadDeps &
  CancellationRequestDeps &
  CancellationReadDeps &
  TravelerDeps &
  PaymentMethodDeps &
  EnrollDeps &
  CasePorts &
  WebhookDeps;

export interface AppDeps extends UseCaseDeps {
  readonly config: Config;
  readonly verifyToken: VerifyToken;
  readonly bookings: BookingStore;
  readonly users: UserStore;
  readonly payments: ReceiptDeps['payments'] & PaymentMethodDeps['payments'] & CasePorts['payments'];
  readonly flights: ReceiptDeps['flights'] & CancellationReadDeps['flights'] & CasePorts['flights'];
  readonly idempotencyKeys: IdempotencyStore;
  readonly opsAudits: AdminDeps['opsAudits'];
  readonly queues: AdminDeps['queues'];
  readonly redis: RateLimitRedis;
  readonly fuseStore: FuseStore;
  readonly receipts: ReceiptStore;
  /** The same, of all users. */
  readonly opsReceipts: ReceiptStore;
  readonly healthChecks: readonly HealthCheck[];
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly report: ReportError;
  readonly version: string;
}

/** Larger than any valid request, far smaller than what would cost memory. */
const MAX_BODY = '100kb';

/** The web role's Express app. Middleware runs in this order. */
export function createApp(deps: AppDeps): Express {
  const { config, redis } = deps;
  const authenticate = createAuthenticate(deps.verifyToken);
  const limits = { redis, prefix: config.QUEUE_PREFIX, limit: config.RATE_LIMIT };
  const app = express().disable('x-powered-by').set('trust proxy', config.TRUST_PROXY);

  app.use(correlate(deps));
  const { METRICS_TOKEN: token } = config;
  app.use(healthRoutes(deps.healthChecks, deps.metrics, token ? { token } : 'none'));
  app.use(helmet({ contentSecurityPolicy: { directives: BOARD_CSP } }));
  app.use('/api', noStore);
  app.use(limitBy('address', limits));
  app.use('/api/webhooks', webhookRoutes(deps));
  app.use(adminRoutes({ ...deps, authenticate, appUrl: config.APP_URL }));
  app.use(homePage());
  app.use(tripPage());

  // Express tries routes in order: those called most come first.
  const routes = [
    ...tripRoutes(deps),
    ...bookingRoutes(deps),
    ...travelerRoutes(deps),
    ...paymentMethodRoutes(deps),
    ...fuseRoutes(deps),
    ...caseRoutes(deps),
    ...opsReceiptRoutes(deps),
  ];
  app.use(docsPages(openApiDocument(routes, { version: deps.version, appUrl: config.APP_URL })));
  const origins = config.CORS_ORIGINS.split(',').filter(Boolean);
  if (origins.length)
    app.use('/api', cors({ origin: origins, exposedHeaders: ['X-Correlation-Id', 'Location'] }));
  app.use('/api', express.json({ limit: MAX_BODY, strict: true }), refuseUnstorable);
  const mounting = {
    authenticate,
    enroll: (user: Identity) => enroll(deps, user),
    refreshEmail: createEmailRefresh(deps),
    limit: limitBy('user', limits),
    idempotency: createIdempotency(deps),
  };
  mountAll(app, routes, mounting);

  app.use((_req, res) => sendProblem(res, 404, 'There is nothing here. /docs lists what there is.'));
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
