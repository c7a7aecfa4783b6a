import { Window } from 'happy-dom';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { until } from '../support/until.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
});
afterAll(() => harness.stop());

/** Opens the page as a browser would, its script included; `offline` calls fail before the server is back. */
async function open(path: string, offline = 0): Promise<Window> {
  const url = harness.url + path;
  const response = await fetch(url);
  const html = await response.text();
  const policy = response.headers.get('content-security-policy') ?? '';
  const [, nonce, script] = /<script nonce="(.+?)">(.*?)<\/script>/s.exec(html) ?? [];
  expect(policy).toContain(`script-src 'nonce-${nonce}'`);
  const window = new Window({ url });
  window.document.write(html.replace(/<script.*?<\/script>/s, ''));
  let failing = offline;
  const browserFetch = (target: string, init: RequestInit) =>
    failing-- > 0 ? Promise.reject(new TypeError('Failed to fetch')) : fetch(new URL(target, url), init);
  const run = new Function(
    'document',
    'location',
    'history',
    'sessionStorage',
    'fetch',
    'setTimeout',
    script ?? '',
  );
  run(
    window.document,
    window.location,
    window.history,
    window.sessionStorage,
    browserFetch,
    window.setTimeout.bind(window),
  );
  return window;
}
const shown = (window: Window, id: string): string => window.document.getElementById(id)?.textContent ?? '';
const hidden = (window: Window, id: string): boolean | undefined =>
  window.document.getElementById(id)?.hasAttribute('hidden');

test('a traveller watches their trip become a ticket, in words', async () => {
  const user = await harness.user();
  const { id } = await user.trip();
  const window = await open(`/trips/${id}#token=${user.token}`);
  await until('the end of the story', async () => shown(window, 'timeline').includes('You are booked'));
  expect(shown(window, 'route')).toBe('LHR to JFK');
  expect(shown(window, 'timeline')).toMatch(
    /You are booked.*Money taken.*Ticket bought.*Money reserved.*You asked for this trip/s,
  );
  expect(shown(window, 'timeline')).toContain('399.00 GBP');
  await until('the new status', async () => shown(window, 'status') === 'booked');
  // The token leaves the address bar, and so the history and the referrer.
  expect(window.location.href).not.toContain('token');
  await window.happyDOM.close();
});

test('without a token, or for a stranger, the page asks to sign in and shows nothing', async () => {
  const [owner, stranger] = [await harness.user(), await harness.user()];
  const { id } = await owner.trip();
  for (const hash of ['', `#token=${stranger.token}`]) {
    const window = await open(`/trips/${id}${hash}`);
    await until('the form', async () => hidden(window, 'sign-in') === false);
    expect(hidden(window, 'trip')).toBe(true);
    expect(shown(window, 'route')).toBe('');
    await window.happyDOM.close();
  }
});

test('a page opened while the server is away shows the trip once it is back', async () => {
  const user = await harness.user();
  const { id } = await user.trip();
  const window = await open(`/trips/${id}#token=${user.token}`, 1);
  await until('the trip', async () => shown(window, 'route') === 'LHR to JFK');
  await window.happyDOM.close();
});
