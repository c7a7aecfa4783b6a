import { z } from 'zod';
import { CLAIM_MS } from './domain/attempt.ts';

export const QUEUE_NAMES = ['search', 'monitor', 'book', 'notify', 'cleanup'] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

const url = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    error: `must be a ${protocols.map((protocol) => `${protocol}//`).join(' or ')} URL`,
  });
const urls = (...protocols: string[]) =>
  z.string().refine((value) => value.split(',').every((one) => url(...protocols).safeParse(one).success), {
    error: `must be a ${protocols.map((protocol) => `${protocol}//`).join(' or ')} URL, or several separated by commas`,
  });
const ms = (fallback: number) => z.coerce.number().int().min(1).default(fallback);
const http = () => url('http:', 'https:');
const secret = (pattern: RegExp, shape: string) =>
  z.string().regex(pattern, { error: `must look like ${shape}` });

/** `v1:<base64 of 32 bytes>,v2:…` → the keys in order; the last encrypts, all decrypt. */
const piiKeys = z.string().transform((value, ctx) => {
  const keys = value.split(',').map((entry) => {
    const [version = '', encoded = ''] = entry.trim().split(':');
    return { version, key: Buffer.from(encoded, 'base64') };
  });
  if (keys.every(({ version, key }) => /^v\d+$/.test(version) && key.length === 32)) return keys;
  ctx.addIssue({ code: 'custom', message: 'must be v1:<base64 of 32 bytes>, more after commas' });
  return z.NEVER;
});

const schema = z.object({
  /** Where a worker answers /healthz, /readyz and /metrics; unset, it listens nowhere. */
  WORKER_PORT: z.coerce.number().int().min(1).max(65_535).optional(),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  DATABASE_URL: url('postgres:', 'postgresql:'),
  /** One Redis or a node of a cluster; or several nodes, separated by commas. */
  REDIS_URL: urls('redis:', 'rediss:'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  APP_URL: http(),
  SHUTDOWN_TIMEOUT_MS: ms(25_000),
  WORKER_QUEUES: z
    .string()
    .default(QUEUE_NAMES.join(','))
    .transform((value) => value.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(QUEUE_NAMES)).min(1)),
  /** Bookings that one worker holds at once, where that is not the 250 of `queues/contract.ts`. */
  BOOKINGS_AT_ONCE: z.coerce.number().int().min(1).optional(),
  /** First part of every Redis key; tests give each file its own. */
  QUEUE_PREFIX: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .default('parker'),
  AUTH_ISSUER: http(),
  AUTH_JWKS_URL: http(),
  AUTH_AUDIENCE: z.string().min(1),
  /** Browser origins that may call the API, separated by commas. */
  CORS_ORIGINS: z.string().default(''),
  /** Proxies in front of the web process whose X-Forwarded-For is believed. */
  TRUST_PROXY: z.coerce.number().int().min(0).default(0),
  /** Requests a minute for one user, or for one address without a user. */
  RATE_LIMIT: z.coerce.number().int().positive().default(300),
  DUFFEL_ACCESS_TOKEN: secret(/^duffel_(test|live)_.+/, 'duffel_test_…, or its live form'),
  DUFFEL_BASE_URL: http().default('https://api.duffel.com/'),
  DUFFEL_WEBHOOK_SECRET: z.string().min(1),
  /** Airlines take up to 120 s to make an order, and Duffel asks to wait 130 s. */
  DUFFEL_ORDER_TIMEOUT_MS: ms(130_000),
  STRIPE_SECRET_KEY: secret(/^(sk|rk)_(test|live)_.+/, 'sk_test_…, or its live form'),
  STRIPE_BASE_URL: http().default('https://api.stripe.com'),
  STRIPE_WEBHOOK_SECRET: z.string().min(1),
  RESEND_API_KEY: secret(/^re_.+/, 're_…'),
  RESEND_BASE_URL: http().default('https://api.resend.com'),
  MAIL_FROM: z.string().regex(/.+@.+/, { error: 'must be an e-mail address' }),
  OPS_ALERT_WEBHOOK_URL: http().optional(),
  OPS_ALERT_EMAIL: z.email().optional(),
  LAUNCHDARKLY_SDK_KEY: z.string().min(1),
  LAUNCHDARKLY_BASE_URL: http().optional(),
  SENTRY_DSN: http().optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: http().optional(),
  PII_KEYS: piiKeys,
  /** The life of a worker's claim on a booking: how long a trip stands still when its worker is killed. */
  CLAIM_MS: ms(CLAIM_MS),
  MONITOR_INTERVAL_MS: ms(600_000),
  SEARCH_FRESHNESS_MS: ms(300_000),
  /** The fuse: past one of these, new bookings stop until two people arm it again. In major units of any currency. */
  FUSE_SPEND_PER_HOUR: z.coerce.number().positive().default(1_000_000),
  FUSE_BOOKINGS_PER_MINUTE: z.coerce.number().int().positive().default(6_000),
  FUSE_UNKNOWNS_PER_HOUR: z.coerce.number().int().positive().default(500),
});

export type Config = Readonly<z.infer<typeof schema>>;

/** Lists what is wrong with the environment, one line per variable, without a value in it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the environment once, at boot.
 * @throws ConfigError naming every missing or malformed variable at once
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return Object.freeze(parsed.data);
  const lines = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return `${name} ${given[name] === undefined ? 'is missing' : wordsFor(issue)}`;
  });
  throw new ConfigError([...new Set(lines)].join('\n'));
}

/** Zod's own messages may quote the value; only those we wrote, and those about shape, are passed on. */
function wordsFor(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  return issue.message.startsWith('must') ? issue.message : 'is malformed';
}
