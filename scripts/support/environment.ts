import { createHash } from 'node:crypto';

export interface Addresses {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly sandboxUrl: string;
  readonly appUrl: string;
}

/** The app's environment against the sandbox: nothing but other base URLs. Keys are worthless outside it. */
export function sandboxEnvironment({
  databaseUrl,
  redisUrl,
  sandboxUrl,
  appUrl,
}: Addresses): Record<string, string> {
  return {
    APP_URL: appUrl,
    PORT: new URL(appUrl).port,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    AUTH_ISSUER: `${sandboxUrl}/auth`,
    AUTH_JWKS_URL: `${sandboxUrl}/auth/.well-known/jwks.json`,
    AUTH_AUDIENCE: 'parker',
    DUFFEL_ACCESS_TOKEN: 'duffel_test_sandbox',
    DUFFEL_BASE_URL: `${sandboxUrl}/duffel`,
    DUFFEL_WEBHOOK_SECRET: 'sandbox-duffel-webhook',
    STRIPE_SECRET_KEY: 'sk_test_sandbox',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_sandbox',
    STRIPE_JS_URL: `${sandboxUrl}/stripe/v3/`,
    STRIPE_BASE_URL: `${sandboxUrl}/stripe`,
    STRIPE_WEBHOOK_SECRET: 'sandbox-stripe-webhook',
    RESEND_API_KEY: 're_sandbox',
    RESEND_BASE_URL: `${sandboxUrl}/resend`,
    MAIL_FROM: 'Parker Flight <hello@parker.example>',
    OPS_ALERT_WEBHOOK_URL: `${sandboxUrl}/hooks/ops`,
    LAUNCHDARKLY_SDK_KEY: 'sandbox',
    LAUNCHDARKLY_BASE_URL: `${sandboxUrl}/launchdarkly`,
    SENTRY_DSN: `${sandboxUrl.replace('://', '://sandbox@')}/sentry/1`,
    // The same in every run, so that a database kept by DATABASE_URL can be read again.
    PII_KEYS: `v1:${createHash('sha256').update('sandbox').digest('base64')}`,
  };
}
