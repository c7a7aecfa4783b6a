import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { until } from '../support/until.ts';

const BOARD = '/admin/queues';
let harness: Harness;
beforeAll(async () => {
  harness = await createHarness({ queues: [] });
});
afterAll(() => harness.stop());

const tokenOf = (sub: string, roles: string[], expiresInSeconds?: number) =>
  harness.sandbox.auth.token({ sub, roles, ...(expiresInSeconds && { expiresInSeconds }) });

/** Our own page, as a browser sends its form: over HTTPS and over plain HTTP. */
const own = (): Record<string, string>[] => [
  { 'sec-fetch-site': 'same-origin', origin: harness.url },
  { origin: harness.url },
];
const ELSEWHERE: Record<string, string>[] = [
  { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' },
  { 'sec-fetch-site': 'same-site', origin: 'http://elsewhere.127.0.0.1' },
  { 'sec-fetch-site': 'none' },
  { origin: 'https://elsewhere.example' },
  { origin: 'null' },
  {},
];

const post = (path: string, headers: Record<string, string>, token = '') =>
  fetch(harness.url + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html', ...headers },
    body: new URLSearchParams({ token }),
  });

async function signIn(token: string): Promise<{ cookie: string; attributes: string }> {
  const reply = await post('/admin/session', own()[0] ?? {}, token);
  expect([reply.status, reply.headers.get('location')]).toEqual([303, BOARD]);
  const [cookie = '', ...attributes] = (reply.headers.get('set-cookie') ?? '').split('; ');
  return { cookie, attributes: attributes.join('; ') };
}

const board = (cookie: string, init: RequestInit = {}) =>
  fetch(`${harness.url}${BOARD}/api/queues`, { ...init, headers: { cookie, ...init.headers } });

test('a viewer’s token becomes a cookie that scripts can not read and other sites can not send', async () => {
  const { cookie, attributes } = await signIn(await tokenOf('vera', ['viewer']));
  expect(attributes).toMatch(/^Path=\/admin; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  expect((await board(cookie)).status).toBe(200);
  // The cookie is for the board only: the API wants the header.
  expect((await fetch(`${harness.url}/api/trips`, { headers: { cookie } })).status).toBe(401);
  for (const headers of own())
    expect((await post('/admin/session', headers, await tokenOf('vera', ['viewer']))).status).toBe(303);
});

test('another site’s form, and one that does not say where it comes from, makes no session: 403', async () => {
  const token = await tokenOf('eve', ['viewer', 'admin']);
  for (const headers of ELSEWHERE)
    for (const path of ['/admin/session', '/admin/session/end']) {
      const reply = await post(path, headers, token);
      expect([headers, path, reply.status, reply.headers.get('set-cookie')]).toEqual([
        headers,
        path,
        403,
        null,
      ]);
    }
});

test('a token that is forged, expired, or without a role of ours makes no session, and the page says what it lacks', async () => {
  const viewer = await tokenOf('vera', ['viewer']);
  const spent = await tokenOf('vera', ['viewer'], 1);
  await until('the token to end', async () => (await board(`parker_ops=${spent}`)).status === 401);
  for (const [token, status, words] of [
    ['nonsense', 422, 'not a token'],
    [`${viewer.slice(0, -8)}AAAAAAAA`, 401, 'not valid'],
    [spent, 401, 'expired'],
    [await tokenOf('ada', []), 403, 'viewer, operator, admin'],
    [await tokenOf('ada', ['traveller']), 403, '`roles`'],
  ] as const) {
    const reply = await post('/admin/session', own()[0] ?? {}, token);
    expect([reply.status, reply.headers.get('set-cookie')]).toEqual([status, null]);
    expect(await reply.text()).toContain(words);
  }
});

test('a cookie acts for our own page alone', async () => {
  const { cookie } = await signIn(await tokenOf('otto', ['operator']));
  const pause = (headers: Record<string, string>) =>
    fetch(`${harness.url}${BOARD}/api/queues/notify/pause`, {
      method: 'PUT',
      headers: { cookie, ...headers },
    });
  for (const headers of ELSEWHERE) expect([headers, (await pause(headers)).status]).toEqual([headers, 403]);
  expect(await harness.web.publisher.queues.notify.isPaused()).toBe(false);
  // A script elsewhere reads nothing either; a link from elsewhere opens the page.
  expect((await board(cookie, { headers: { 'sec-fetch-site': 'same-site' } })).status).toBe(403);
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' };
  expect((await board(cookie, { headers: link })).status).toBe(200);
  for (const headers of own()) expect((await pause(headers)).status).toBe(200);
  expect(await harness.web.publisher.queues.notify.isPaused()).toBe(true);
  await harness.web.publisher.queues.notify.resume();
});

test('signing out takes the cookie away; the page says who is signed in', async () => {
  const { cookie } = await signIn(await tokenOf('<b>vera', ['viewer']));
  const page = await (await fetch(`${harness.url}/admin/session`, { headers: { cookie } })).text();
  expect(page).toContain('&lt;b&gt;vera');
  expect(page).toContain('action="/admin/session/end"');
  const menu = await (
    await fetch(`${harness.url}${BOARD}`, { headers: { cookie, accept: 'text/html' } })
  ).text();
  expect(menu).toContain('/admin/session');
  const reply = await post('/admin/session/end', { ...own()[1], cookie });
  expect([reply.status, reply.headers.get('set-cookie')]).toEqual([
    200,
    'parker_ops=; Path=/admin; HttpOnly; SameSite=Strict; Max-Age=0',
  ]);
});

test('a session ends with its token: its cookie lives no longer, and is not believed after', async () => {
  const { cookie, attributes } = await signIn(await tokenOf('brief', ['viewer'], 2));
  expect(Number(/Max-Age=(\d+)/.exec(attributes)?.[1])).toBeLessThanOrEqual(2);
  const last = await until('the session to end', async () => {
    const reply = await board(cookie);
    return reply.status !== 200 && reply;
  });
  expect([last.status, last.headers.get('set-cookie')]).toEqual([401, expect.stringContaining('Max-Age=0')]);
});

test('a cookie whose token has no role is 403, and is taken away', async () => {
  const reply = await board(`parker_ops=${await tokenOf('former', [])}`, {
    headers: { accept: 'text/html' },
  });
  expect([reply.status, reply.headers.get('set-cookie')]).toEqual([
    403,
    expect.stringContaining('Max-Age=0'),
  ]);
  expect(await reply.text()).toContain('`roles`');
});

test('nothing of the ops pages is kept by a cache, or says what serves it', async () => {
  const { cookie } = await signIn(await tokenOf('vera', ['viewer']));
  for (const path of [BOARD, `${BOARD}/api/queues`, '/admin/session']) {
    const { headers } = await fetch(harness.url + path, { headers: { cookie } });
    expect([path, headers.get('cache-control'), headers.get('x-powered-by')]).toEqual([
      path,
      'no-store',
      null,
    ]);
    expect(headers.get('referrer-policy')).toBe('same-origin');
  }
});
