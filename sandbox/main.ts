import { startSandbox } from './server.ts';

/** Stands in for every vendor on one port: `node sandbox/main.ts`, with SANDBOX_PORT and SANDBOX_APP_URL. */
const env = process.env;
const number = (name: string): number | undefined => (env[name] ? Number(env[name]) : undefined);
const given = Object.entries({
  appUrl: env.SANDBOX_APP_URL,
  duffelWebhookSecret: env.DUFFEL_WEBHOOK_SECRET,
  stripeWebhookSecret: env.STRIPE_WEBHOOK_SECRET,
  lateOrderMs: number('SANDBOX_LATE_ORDER_MS'),
  offerTtlMs: number('SANDBOX_OFFER_TTL_MS'),
  listLagMs: number('SANDBOX_LIST_LAG_MS'),
  readLagMs: number('SANDBOX_READ_LAG_MS'),
  ticketsLateMs: number('SANDBOX_TICKETS_LATE_MS'),
  duffelRateLimit: number('SANDBOX_DUFFEL_RATE_LIMIT'),
  resendRateLimit: number('SANDBOX_RESEND_RATE_LIMIT'),
  seed: number('SANDBOX_SEED'),
}).filter(([, value]) => value !== undefined);

const sandbox = await startSandbox({ port: number('SANDBOX_PORT') ?? 4010, ...Object.fromEntries(given) });
console.log(`sandbox listening on ${sandbox.url}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void sandbox.close().then(() => process.exit(0)));
