import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { type Issuer, startIssuer } from '../support/issuer.ts';
import { mailArrives, mailTo } from '../support/mail.ts';
import { CLERK } from '../support/provider-tokens.ts';
import { until } from '../support/until.ts';

/* Clerk's settings, over HTTP: what a web app and a traveller meet. */
let issuer: Issuer;
let harness: Harness;
beforeAll(async () => {
  issuer = await startIssuer({ alg: 'RS256' });
  harness = await createHarness({
    env: { ...issuer.env, AUTH_AUDIENCE: '', AUTH_AUTHORIZED_PARTIES: 'https://app.example' },
  });
});
afterAll(async () => {
  issuer.fail(null);
  await harness.stop();
  issuer.close();
});

const signedIn = async (sub: string, claims: Record<string, unknown> = {}) =>
  createClient(harness.url, sub, await issuer.token({ ...CLERK, sub, ...claims }));

test('a bad token is 401 with its reason', async () => {
  const ofAnotherApp = await signedIn('user_1', { azp: 'https://other.example' });
  const reply = await ofAnotherApp.call('GET', '/api/trips');
  expect(reply).toMatchObject({
    status: 401,
    body: {
      detail: 'The token is not valid: its authorized party (azp) is not one that this API takes.',
    },
  });
  const expired = await (await signedIn('user_1', { exp: 1 })).call('GET', '/api/trips');
  expect([expired.status, expired.body.detail]).toEqual([401, 'The token has expired.']);
});

test('an issuer that is down is 503 with Retry-After for a new key; known keys go on', async () => {
  expect((await (await signedIn('user_2')).call('GET', '/api/trips')).status).toBe(200);
  issuer.fail(503);
  expect((await (await signedIn('user_3')).call('GET', '/api/trips')).status).toBe(200);
  await issuer.rotate();
  const unknown = await signedIn('user_4');
  const reply = await until('the cooldown to end', async () => {
    const one = await unknown.call('GET', '/api/trips');
    return one.status === 503 && one;
  });
  expect(reply.headers.get('content-type')).toMatch(/problem\+json/);
  expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
  issuer.fail(null);
  await until(
    'the new key to be known',
    async () => (await unknown.call('GET', '/api/trips')).status === 200,
  );
});

test('the mail goes to the address of the newest token, read or written with; without one, to the eldest traveller', async () => {
  const { prices } = harness.sandbox.duffel;
  prices.pin('LHR', 'JFK', { amount: '480.00', currency: 'GBP', refundable: true });
  const iat = Math.floor(Date.now() / 1_000);
  const first = await signedIn('user_5', { email: 'old@example.com', iat: iat - 60 });
  const trip = await first.trip();
  // Another device, whose token is newer, only looks; a third still has a token of before.
  const newer = await signedIn('user_5', { email: 'new@example.com', iat });
  await newer.call('GET', `/api/trips/${trip.id}`);
  const unproven = { email: 'stranger@example.com', email_verified: false, iat: iat + 1 };
  await (await signedIn('user_5', unproven)).call('GET', `/api/trips/${trip.id}`);
  await (await signedIn('user_5', { email: 'older@example.com', iat: iat - 30 })).call('GET', '/api/trips');
  const [stored] = await harness.database.query<{ as_of: number }>(
    `select extract(epoch from email_as_of)::int as_of from users where user_id = 'user_5'`,
  );
  expect(stored?.as_of).toBe(iat);
  prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  const { subject } = await mailArrives(harness.sandbox, 'new@example.com', /./);
  expect(subject).toBeTruthy();
  for (const address of ['old@example.com', 'older@example.com', 'stranger@example.com'])
    expect(mailTo(harness.sandbox, address)).toEqual([]);
  const silent = await signedIn('user_6');
  await silent.trip({ travelerIds: [await silent.traveler({ email: 'eldest@example.com' })] });
  await mailArrives(harness.sandbox, 'eldest@example.com', /./);
});
