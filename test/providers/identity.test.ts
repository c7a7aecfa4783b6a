import { CompactSign } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sandboxEnvironment } from '../../scripts/support/environment.ts';
import { identitySettings } from '../../src/config/identity.ts';
import { loadConfig } from '../../src/config.ts';
import { IssuerUnreachable, TokenRefused } from '../../src/ports/identity.ts';
import { createTokenVerifier } from '../../src/providers/oidc/index.ts';
import { type Issuer, startIssuer } from '../support/issuer.ts';
import { AUTH0, AUTH0_RFC9068, CLERK, SUPABASE } from '../support/provider-tokens.ts';

/** Clerk and Auth0 sign with RS256, Supabase with ES256. */
let clerk: Issuer;
let supabase: Issuer;
let auth0: Issuer;
beforeAll(async () => {
  [clerk, supabase, auth0] = await Promise.all([
    startIssuer({ alg: 'RS256' }),
    startIssuer({ path: '/auth/v1' }),
    startIssuer({ alg: 'RS256', path: '/' }),
  ]);
});
afterAll(() => {
  for (const issuer of [clerk, supabase, auth0]) issuer.close();
});

const good = sandboxEnvironment({
  databaseUrl: 'postgres://127.0.0.1/x',
  redisUrl: 'redis://127.0.0.1',
  sandboxUrl: 'http://127.0.0.1:9',
  appUrl: 'http://127.0.0.1:9',
});
/** The verifier that this environment makes. */
const verifierOf = (env: Record<string, string>, times?: Parameters<typeof createTokenVerifier>[1]) =>
  createTokenVerifier(identitySettings(loadConfig({ ...good, ...env })), times);

/** The settings of docs/identity.md. */
const settingsOf = {
  clerk: () => ({ ...clerk.env, AUTH_AUDIENCE: '', AUTH_AUTHORIZED_PARTIES: 'https://app.example' }),
  supabase: () => ({
    ...supabase.env,
    AUTH_AUDIENCE: 'authenticated',
    AUTH_ROLES_CLAIM: 'app_metadata.roles',
  }),
  auth0: () => ({
    ...auth0.env,
    AUTH_AUDIENCE: 'https://parker.example',
    AUTH_ROLES_CLAIM: 'https://parker.example/roles',
  }),
};

test("Clerk's default session token is taken by its azp, and names no address and no role", async () => {
  const verify = verifierOf(settingsOf.clerk());
  expect(await verify(await clerk.token(CLERK))).toMatchObject({
    userId: 'user_123',
    email: undefined,
    roles: [],
  });
  const custom = {
    ...CLERK,
    email: 'maria@example.com',
    email_verified: true,
    metadata: { roles: 'operator' },
  };
  const withRoles = verifierOf({ ...settingsOf.clerk(), AUTH_ROLES_CLAIM: 'metadata.roles' });
  expect(await withRoles(await clerk.token(custom))).toMatchObject({
    email: 'maria@example.com',
    roles: ['operator'],
  });
});

test.each([
  ['of another app of the same Clerk instance', { azp: 'https://other.example' }, 'authorized party (azp)'],
  ['without azp', { azp: undefined }, 'neither an audience (aud) nor'],
  ['of a sign-in that is not complete', { sts: 'pending' }, 'its session is pending'],
  ['for an audience that nobody named', { aud: 'convex' }, 'its audience (aud) is not this API'],
])("a token of Clerk's %s is refused with the reason", async (_name, claims, why) => {
  const verify = verifierOf(settingsOf.clerk());
  await expect(verify(await clerk.token({ ...CLERK, ...claims }))).rejects.toThrow(why);
});

test("Supabase's default token is taken with its address; `role` and what the user wrote give no role of ours", async () => {
  const verify = verifierOf(settingsOf.supabase());
  const sub = '123e4567-e89b-12d3-a456-426614174000';
  expect(await verify(await supabase.token(SUPABASE))).toMatchObject({
    userId: sub,
    email: 'user@example.com',
    roles: [],
  });
  const ops = { ...SUPABASE, app_metadata: { provider: 'email', roles: ['viewer', 'other'] } };
  expect((await verify(await supabase.token(ops))).roles).toEqual(['viewer']);
  const byPhone = { ...SUPABASE, email: '', phone: '15552368' };
  expect((await verify(await supabase.token(byPhone))).email).toBeUndefined();
});

test("Supabase's legacy secret verifies HS256 tokens beside the published keys, and only when it is set", async () => {
  const secret = 'super-secret-jwt-token-with-at-least-32-characters-long';
  const iat = Math.floor(Date.now() / 1_000);
  const payload = JSON.stringify({ ...SUPABASE, iss: supabase.url, iat, exp: iat + 3_600 });
  const sign = (key: string) =>
    new CompactSign(new TextEncoder().encode(payload))
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(new TextEncoder().encode(key));
  const legacy = await sign(secret);
  const both = verifierOf({ ...settingsOf.supabase(), AUTH_HS256_SECRET: secret });
  expect((await both(legacy)).userId).toBe(SUPABASE.sub);
  expect((await both(await supabase.token(SUPABASE))).userId).toBe(SUPABASE.sub);
  await expect(both(await sign(secret.toUpperCase()))).rejects.toThrow('signature does not match');
  await expect(verifierOf(settingsOf.supabase())(legacy)).rejects.toThrow('its algorithm is not one');
  const alone = verifierOf({ ...settingsOf.supabase(), AUTH_JWKS_URL: '', AUTH_HS256_SECRET: secret });
  expect((await alone(legacy)).userId).toBe(SUPABASE.sub);
  await expect(alone(await supabase.token(SUPABASE))).rejects.toThrow('not signed with the shared secret');
});

test.each([
  ['Auth0', AUTH0],
  ['RFC 9068', AUTH0_RFC9068],
])("Auth0's default access token of the profile %s is taken by its audience", async (_name, claims) => {
  const verify = verifierOf(settingsOf.auth0());
  const token = await auth0.token(claims, { typ: 'at+jwt' });
  expect(await verify(token)).toMatchObject({ userId: 'auth0|123456', email: undefined, roles: [] });
  const ours = { 'https://parker.example/roles': ['admin'], 'https://parker.example/email': 'a@b.example' };
  const named = verifierOf({ ...settingsOf.auth0(), AUTH_EMAIL_CLAIM: 'https://parker.example/email' });
  expect(await named(await auth0.token({ ...claims, ...ours }))).toMatchObject({
    email: 'a@b.example',
    roles: ['admin'],
  });
  const idToken = { ...claims, aud: 'my_client_id' };
  await expect(verify(await auth0.token(idToken))).rejects.toThrow('its audience (aud) is not this API');
});

test('an address that the token says is not verified is not taken', async () => {
  const verify = verifierOf(supabase.env);
  for (const [email_verified, taken] of [
    [false, false],
    ['false', false],
    [null, false],
    [true, true],
    [undefined, true],
  ] as const) {
    const token = await supabase.token({ sub: `${email_verified}`, email: 'a@b.example', email_verified });
    expect([email_verified, (await verify(token)).email !== undefined]).toEqual([email_verified, taken]);
  }
});

test.each<[string, Record<string, unknown>, string]>([
  ['that has expired', { exp: 1 }, 'the token has expired'],
  [
    'that has just expired, within the clocks’ skew',
    { exp: Date.now() / 1_000 - 1 },
    'the token has expired',
  ],
  ['that is not valid yet', { nbf: 4e9 }, 'not valid yet'],
  ['of another issuer', { iss: 'https://other.example' }, 'its issuer (iss)'],
  ['without a subject', { sub: undefined }, 'no claim `sub`'],
  ['without an end', { exp: undefined }, 'no claim `exp`'],
  ['without an audience', { aud: undefined }, 'no audience (aud)'],
])('a token %s is refused with the reason', async (_name, claims, why) => {
  await expect(verifierOf(supabase.env)(await supabase.token(claims))).rejects.toThrow(why);
});

const NEVER = 1e9;

test('a new key is fetched when a token names it, the old one is kept as long as it is served', async () => {
  const issuer = await startIssuer();
  const verify = verifierOf(issuer.env, { renewMs: NEVER, cooldownMs: 0, retryMs: 0 });
  const [first, second, third] = [
    await issuer.token({ sub: 'one' }),
    await issuer.token({ sub: 'two' }),
    await issuer.token({ sub: 'three' }),
  ];
  await verify(first);
  await issuer.rotate();
  expect((await verify(await issuer.token({ sub: 'new' }))).userId).toBe('new');
  expect(issuer.asked()).toBe(2);
  expect((await verify(second)).userId).toBe('two');
  issuer.withdraw('key-1');
  await issuer.rotate();
  await verify(await issuer.token({ sub: 'newest' }));
  await expect(verify(third)).rejects.toThrow('(kid)');
  issuer.close();
});

/** A token whose header names this key, whatever signed it. */
const withKey = (issuer: Issuer, kid: string, sub: string) => issuer.token({ sub }, { kid });

test('made-up key ids are refused, and make the keys fetched no more than once in the cooldown', async () => {
  const issuer = await startIssuer();
  const verify = verifierOf(issuer.env, { renewMs: NEVER, cooldownMs: NEVER, retryMs: 0 });
  await verify(await issuer.token({}));
  const forged = await Promise.all(
    Array.from({ length: 20 }, (_, n) => withKey(issuer, `made-up-${n}`, 'x')),
  );
  const results = await Promise.allSettled(forged.map(verify));
  for (const result of results)
    expect(result).toMatchObject({
      reason: { name: 'TokenRefused', message: expect.stringContaining('kid') },
    });
  expect(issuer.asked()).toBe(1);
  issuer.close();
});

test.each(['reset', 503, 'page'] as const)(
  'an issuer that fails with %s is no bad token: known keys still verify, an unknown one can not be judged',
  async (fault) => {
    const issuer = await startIssuer();
    const verify = verifierOf(issuer.env, { renewMs: 0, cooldownMs: 0, retryMs: 0 });
    issuer.fail(fault);
    await expect(verify(await issuer.token({ sub: 'early' }))).rejects.toThrow(IssuerUnreachable);
    issuer.fail(null);
    await verify(await issuer.token({ sub: 'one' }));
    issuer.fail(fault);
    expect((await verify(await issuer.token({ sub: 'two' }))).userId).toBe('two');
    await expect(verify(`${await issuer.token({ sub: 'three' })}x`)).rejects.toThrow(TokenRefused);
    await issuer.rotate();
    const unknown = await issuer.token({ sub: 'four' });
    await expect(verify(unknown)).rejects.toThrow(IssuerUnreachable);
    issuer.fail(null);
    expect((await verify(unknown)).userId).toBe('four');
    issuer.close();
  },
);

test('after a failed fetch an issuer is left alone for a while, and nobody waits for it', async () => {
  const issuer = await startIssuer();
  issuer.fail('reset');
  const verify = verifierOf(issuer.env, { renewMs: 0, cooldownMs: 0, retryMs: NEVER });
  for (let n = 0; n < 10; n += 1)
    await expect(verify(await issuer.token({ sub: `${n}` }))).rejects.toThrow(IssuerUnreachable);
  expect(issuer.asked()).toBe(1);
  issuer.close();
});
