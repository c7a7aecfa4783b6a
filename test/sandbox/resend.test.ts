import { Resend } from 'resend';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';

/** The stand-in is held to what Resend documents, with Resend's own SDK. */
let sandbox: Sandbox;
let resend: Resend;
beforeAll(async () => {
  sandbox = await startSandbox();
  resend = new Resend('re_sandbox', { baseUrl: `${sandbox.url}/resend` });
});
afterAll(() => sandbox.close());
// Each test has a second of its own.
beforeEach(() => sandbox.world.advance(1_000));

const MAIL = {
  from: 'hello@parker.example',
  to: 'ada@traveller.example',
  subject: 'Booked',
  text: 'Booked.',
};
const send = (idempotencyKey: string, changes = {}) =>
  resend.emails.send({ ...MAIL, ...changes }, { idempotencyKey });

test('a third request of one second is a 429 that says when the next may come', async () => {
  const sent = [await send('rate-1'), await send('rate-2')];
  expect(sent.map(({ error }) => error)).toEqual([null, null]);
  const { error, headers } = await send('rate-3');
  expect(error).toMatchObject({ name: 'rate_limit_exceeded', statusCode: 429 });
  expect(headers).toMatchObject({ 'ratelimit-limit': '2', 'ratelimit-remaining': '0', 'retry-after': '1' });
  sandbox.world.advance(1_000);
  expect((await send('rate-3')).error).toBeNull();
});

test('a key sends once for 24 hours, another text under it is refused, and then it is forgotten', async () => {
  const first = await send('key');
  expect((await send('key')).data).toEqual(first.data);
  sandbox.world.advance(23 * 3_600_000);
  expect((await send('key', { text: 'Other.' })).error).toMatchObject({
    name: 'invalid_idempotent_request',
    statusCode: 409,
  });
  sandbox.world.advance(3_600_000);
  const again = await send('key');
  expect([again.error, again.data === null, again.data?.id === first.data?.id]).toEqual([null, false, false]);
});
