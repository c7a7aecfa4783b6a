import { z } from 'zod';
import { identityProblems, identitySettings } from './config/identity.ts';
import { CLAIM_MS } from './domain/attempt.ts';
import { QUEUE_NAMES } from './domain/queue-names.ts';
import { isRated } from './domain/reference-rates.ts';
import type { IdentitySettings } from './ports/identity.ts';
import type { FuseLimits } from './ports/storage/fuse-check.ts';

const url = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    error: `must be a ${protocols.map((protocol) => `${protocol}//`).join(' or ')} URL`,
  });
const urls = (...protocols: string[]) =>
  z.string().refine((value) => value.split(',').every((one) => url(...protocols).safeParse(one).success), {
    error: `must be a ${protocols.map((protocol) => `${protocol}//`).join(' or ')} URL, or several separated by commas`,
  });
/** z.coerce.boolean() would take "false" for true. */
const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false'])
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true');
const isOrigin = (value: string): boolean => URL.canParse(value) && new URL(value).origin === value;
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
  /** The port on which a worker serves /healthz, /readyz and /metrics to whoever reaches it; unset, it opens no port. */
  WORKER_PORT: z.coerce.number().int().min(1).max(65_535).optional(),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  /** The address on which web and worker listen; unset, every address of the machine. */
  HOST: z.string().min(1).optional(),
  /** An open file descriptor that listens already, instead of PORT: whoever starts the process keeps the port. */
  LISTEN_FD: z.coerce.number().int().min(3).optional(),
  DATABASE_URL: url('postgres:', 'postgresql:'),
  /** `transaction` when a pooler in that mode answers at DATABASE_URL: PgBouncer, or Neon's host with `-pooler`. */
  DATABASE_POOLER: z.enum(['none', 'transaction']).default('none'),
  /** Where the release step signs in as the owner; unset, DATABASE_URL. Behind a pooler it must be Postgres itself. */
  DATABASE_OWNER_URL: url('postgres:', 'postgresql:').optional(),
  /** One Redis or a node of a cluster; or several nodes, separated by commas. */
  REDIS_URL: urls('redis:', 'rediss:'),
  /** `false` accepts any certificate of a `rediss://` server. Heroku signs its own. */
  REDIS_TLS_VERIFY: flag(true),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  APP_URL: http(),
  /** Our name on the objects we create on the vendors' accounts; unset, the host of APP_URL. Two deployments that share an account need two. */
  DEPLOYMENT: z
    .string()
    .regex(/^[\w.:-]{1,100}$/, { error: 'must be up to 100 letters, digits, dots, colons and hyphens' })
    .optional(),
  SHUTDOWN_TIMEOUT_MS: ms(25_000),
  WORKER_QUEUES: z
    .string()
    .default(QUEUE_NAMES.join(','))
    .transform((value) => value.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(QUEUE_NAMES)).min(1)),
  /** Bookings that one worker runs at a time, where that is not the 250 of `queues/contract.ts`. */
  BOOKINGS_AT_ONCE: z.coerce.number().int().min(1).optional(),
  /** First part of every Redis key; tests give each file its own. */
  QUEUE_PREFIX: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .default('parker'),
  /** As the tokens' `iss` has it, to the last slash. docs/identity.md has the settings of each provider. */
  AUTH_ISSUER: http(),
  AUTH_JWKS_URL: http().optional(),
  /** Supabase's legacy secret. RFC 7518 wants 256 bits or more. */
  AUTH_HS256_SECRET: z.string().min(32, { error: 'must have 32 characters or more' }).optional(),
  AUTH_AUDIENCE: z.string().min(1).optional(),
  /** The `azp` of tokens that are taken, separated by commas: origins, or client ids. */
  AUTH_AUTHORIZED_PARTIES: z.string().min(1).optional(),
  /** Where a token has the roles of ops people, and the e-mail address: a claim's name, or a path with dots. */
  AUTH_ROLES_CLAIM: z.string().min(1).default('roles'),
  AUTH_EMAIL_CLAIM: z.string().min(1).default('email'),
  /** Browser origins that may call the API, separated by commas. */
  CORS_ORIGINS: z
    .string()
    .default('')
    .transform((value) =>
      value
        .split(',')
        .map((origin) => origin.trim())
        .filter(Boolean),
    )
    .pipe(
      z.array(
        z.string().refine(isOrigin, { error: 'must be origins such as https://app.example, with no path' }),
      ),
    ),
  /** What reads /metrics of the web process sends this as its bearer token; unset, there is no /metrics. */
  METRICS_TOKEN: z.string().min(16, { error: 'must have 16 characters or more' }).optional(),
  /** Proxies in front of the web process whose X-Forwarded-For is believed. */
  TRUST_PROXY: z.coerce.number().int().min(0).default(0),
  /** Requests a minute for one user, or for one address without a user. */
  RATE_LIMIT: z.coerce.number().int().positive().default(300),
  /** Requests that one web process answers at once, beyond which it answers 503; 0 for any number. */
  REQUESTS_AT_ONCE: z.coerce.number().int().nonnegative().default(64),
  DUFFEL_ACCESS_TOKEN: secret(/^duffel_(test|live)_.+/, 'duffel_test_…, or its live form'),
  DUFFEL_BASE_URL: http().default('https://api.duffel.com/'),
  DUFFEL_WEBHOOK_SECRET: z.string().min(1),
  /** Airlines take up to 120 s to create an order; Duffel advises a timeout of 130 s. */
  DUFFEL_ORDER_TIMEOUT_MS: ms(130_000),
  STRIPE_SECRET_KEY: secret(/^(sk|rk)_(test|live)_.+/, 'sk_test_…, or its live form'),
  /** With it the page that confirms a payment works; a web app with Stripe.js of its own has its own. */
  STRIPE_PUBLISHABLE_KEY: secret(/^pk_(test|live)_.+/, 'pk_test_…, or its live form').optional(),
  /** Stripe.js, which Stripe wants loaded from its own address. */
  STRIPE_JS_URL: http().default('https://js.stripe.com/v3/'),
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
  /** How long a worker's claim on a booking lasts unless renewed: how long a trip waits after its worker was killed. */
  CLAIM_MS: ms(CLAIM_MS),
  MONITOR_INTERVAL_MS: ms(600_000),
  SEARCH_FRESHNESS_MS: ms(300_000),
  /** The currency in which the fuse counts. Amounts in others are converted, rather too high than too low. */
  FUSE_CURRENCY: z
    .string()
    .refine(isRated, { error: 'must be an ISO 4217 currency such as GBP' })
    .default('GBP'),
  /** The fuse: beyond one of these, new bookings stop until two people rearm it. In major units of FUSE_CURRENCY. */
  FUSE_SPEND_PER_HOUR: z.coerce.number().positive().default(1_000_000),
  FUSE_BOOKINGS_PER_MINUTE: z.coerce.number().int().positive().default(6_000),
  /** Above this, in major units of FUSE_CURRENCY, a decision about a case takes two people. */
  CASE_TWO_PEOPLE_ABOVE: z.coerce.number().nonnegative().default(1_000),
  FUSE_UNKNOWNS_PER_HOUR: z.coerce.number().int().positive().default(500),
  /** Beyond it a user's own bookings wait. A tenth of the fleet's unless set, so that no user can use that up; 0 for none. */
  FUSE_USER_SPEND_PER_HOUR: z.coerce.number().nonnegative().optional(),
  /** One a minute is more than a person asks for; 0 for none, where one user books for many. */
  FUSE_USER_BOOKINGS_PER_HOUR: z.coerce.number().int().nonnegative().default(60),
});

const fuseSchema = schema.pick({
  FUSE_CURRENCY: true,
  FUSE_SPEND_PER_HOUR: true,
  FUSE_BOOKINGS_PER_MINUTE: true,
  FUSE_UNKNOWNS_PER_HOUR: true,
  FUSE_USER_SPEND_PER_HOUR: true,
  FUSE_USER_BOOKINGS_PER_HOUR: true,
});

/** A bound of 0 is none. */
const orNone = (bound: number): number | null => (bound === 0 ? null : bound);

const identitySchema = schema.pick({
  AUTH_ISSUER: true,
  AUTH_JWKS_URL: true,
  AUTH_HS256_SECRET: true,
  AUTH_AUDIENCE: true,
  AUTH_AUTHORIZED_PARTIES: true,
  AUTH_ROLES_CLAIM: true,
  AUTH_EMAIL_CLAIM: true,
});

/** Which tokens are believed, of an environment that may lack all else. @throws ConfigError, one line per problem */
export function readIdentitySettings(env: NodeJS.ProcessEnv): IdentitySettings {
  const given = givenIn(env);
  const parsed = identitySchema.safeParse(given);
  const lines = [...(parsed.error ? linesOf(parsed.error, given) : []), ...identityProblems(given)];
  if (!parsed.success || lines.length) throw new ConfigError(lines.join('\n'));
  return identitySettings(parsed.data);
}

/** The fuse's bounds of an environment that may lack all else. @throws Error naming the variables that are malformed */
export function readFuseLimits(env: NodeJS.ProcessEnv): FuseLimits {
  const parsed = fuseSchema.safeParse(givenIn(env));
  if (!parsed.success) {
    const names = new Set(parsed.error.issues.map(({ path }) => String(path[0])));
    throw new ConfigError([...names].map((name) => `${name} is malformed`).join('\n'));
  }
  return fuseLimits(parsed.data);
}

/** The fuse's bounds, in its own terms. */
export const fuseLimits = (config: z.infer<typeof fuseSchema>): FuseLimits => ({
  currency: config.FUSE_CURRENCY,
  spendPerHour: config.FUSE_SPEND_PER_HOUR,
  bookingsPerMinute: config.FUSE_BOOKINGS_PER_MINUTE,
  unknownsPerHour: config.FUSE_UNKNOWNS_PER_HOUR,
  userSpendPerHour: orNone(config.FUSE_USER_SPEND_PER_HOUR ?? config.FUSE_SPEND_PER_HOUR / 10),
  userBookingsPerHour: orNone(config.FUSE_USER_BOOKINGS_PER_HOUR),
});

export type Config = Readonly<z.infer<typeof schema> & { DEPLOYMENT: string }>;

/** What is wrong with the environment: one line per variable, without values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the environment once, at boot.
 * @throws ConfigError naming every missing or malformed variable at once, or the missing address of alerts in production
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const given = givenIn(env);
  const parsed = schema.safeParse(given);
  const lines = [...(parsed.error ? linesOf(parsed.error, given) : []), ...identityProblems(given)];
  if (!parsed.success || lines.length) throw new ConfigError([...new Set(lines)].join('\n'));
  const { DEPLOYMENT = new URL(parsed.data.APP_URL).host } = parsed.data;
  const config: Config = { ...parsed.data, DEPLOYMENT };
  if (isProduction(config) && !hasAlertAddress(config)) throw new ConfigError(NO_ALERT_ADDRESS);
  return Object.freeze(config);
}

/** A variable that is set to nothing is not set. */
const givenIn = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));

const linesOf = (error: z.ZodError, given: NodeJS.ProcessEnv): string[] =>
  error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return `${name} ${given[name] === undefined ? 'is missing' : wordsFor(issue)}`;
  });

const NO_ALERT_ADDRESS =
  'OPS_ALERT_WEBHOOK_URL or OPS_ALERT_EMAIL must be set with a live token: alerts have no address';

/** Whether real tickets are bought or real cards charged: one of the two tokens is a live one. */
const isProduction = ({ DUFFEL_ACCESS_TOKEN, STRIPE_SECRET_KEY }: Config): boolean =>
  DUFFEL_ACCESS_TOKEN.startsWith('duffel_live_') || /^(sk|rk)_live_/.test(STRIPE_SECRET_KEY);

/** Whether an ops alert has an address. */
export const hasAlertAddress = ({ OPS_ALERT_WEBHOOK_URL, OPS_ALERT_EMAIL }: Config): boolean =>
  OPS_ALERT_WEBHOOK_URL !== undefined || OPS_ALERT_EMAIL !== undefined;

/** Zod's own messages may quote the value, so only messages of this file and those about shape are shown. */
function wordsFor(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  return issue.message.startsWith('must') ? issue.message : 'is malformed';
}
