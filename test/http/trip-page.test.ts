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

test('a traveller reads how their trip becomes a ticket', async () => {
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

test('after a cancellation the page says who asked and how far the refund is', async () => {
  const user = await harness.user();
  const { id } = await user.trip();
  const { booking } = await user.reaches(id, 'BOOKED');
  await user.call('POST', `/api/bookings/${booking?.id}/cancel`);
  await until('the cancellation to be over', async () => {
    const { cancellation } = (await user.call('GET', `/api/bookings/${booking?.id}`)).body;
    return cancellation?.status === 'cancelled';
  });
  const window = await open(`/trips/${id}#token=${user.token}`);
  await until('the end', async () => shown(window, 'timeline').includes('The booking is cancelled'));
  expect(shown(window, 'status')).toBe('cancelled');
  expect(shown(window, 'outcome')).toMatch(/^You cancelled this booking\. A refund of 399\.00 GBP/);
  expect(shown(window, 'booking')).toMatch(/Cancellation asked byyou, /);
  expect(shown(window, 'booking')).toMatch(/Refund399\.00 GBP, (requested|on its way|confirmed by the bank)/);
  expect(shown(window, 'timeline')).toMatch(/You asked to cancel the booking/);
  expect(shown(window, 'timeline')).not.toMatch(/goes back/);
  await window.happyDOM.close();
});

test('a dispute at the bank stands on the page, and how it ended', async () => {
  const { payments } = harness.sandbox.stripe;
  const user = await harness.user();
  const { id } = await user.trip();
  await user.reaches(id, 'BOOKED');
  const [paid] = [...payments.intents.values()].filter((one) => one.metadata.trip_id === id);
  const dispute = payments.dispute(payments.find(paid?.id as string), {});
  const window = await open(`/trips/${id}#token=${user.token}`);
  await until('the dispute', async () => shown(window, 'timeline').includes('The payment is disputed'));
  await until('its row', async () => /Dispute at the bank399\.00 GBP, open/.test(shown(window, 'booking')));
  expect(shown(window, 'timeline')).not.toMatch(/ops/);
  payments.disputes.move(dispute, 'lost');
  await until('its end', async () => shown(window, 'booking').includes('the bank gave the money back'));
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

test('while an order is unknown the page offers to wait no longer, and shows what came of it', async () => {
  harness.sandbox.world.settings.lateOrderMs = 3_600_000;
  harness.sandbox.duffel.prices.pin('SEN', 'STN', { amount: '399.00', currency: 'GBP', refundable: true });
  const user = await harness.user();
  const { id } = await user.trip({ origin: 'SEN', destination: 'STN' });
  await user.reaches(id, 'unconfirmed');
  const window = await open(`/trips/${id}#token=${user.token}`);
  await until('the offer', async () => hidden(window, 'release') === false);
  const box = window.document.getElementById('understood') as unknown as { checked: boolean };
  box.checked = true;
  window.document.getElementById('release')?.dispatchEvent(new window.Event('submit', { cancelable: true }));
  await until('the end', async () => shown(window, 'outcome').includes('your money is released'));
  await until('the entry', async () => shown(window, 'timeline').includes('You asked not to wait'));
  expect(hidden(window, 'release')).toBe(true);
});

test('a change by the airline is shown old beside new, and accepted on the page', async () => {
  const user = await harness.user();
  const { id } = await user.trip();
  const { booking } = await user.reaches(id, 'BOOKED');
  const { duffel } = harness.sandbox;
  const order = duffel.orders.find(booking?.orderId ?? '');
  const before = order.slices[0]?.segments[0]?.departing_at.slice(11, 16) ?? '';
  duffel.airline.change(order, { minutes: 85 });
  const after = order.slices[0]?.segments[0]?.departing_at.slice(11, 16) ?? '';
  await until('the change', async () => {
    const { changes } = (await user.call('GET', `/api/bookings/${booking?.id}`)).body;
    return changes.length === 1;
  });
  const window = await open(`/trips/${id}#token=${user.token}`);
  await until('the change on the page', async () => hidden(window, 'change') === false);
  expect(shown(window, 'compared')).toMatch(new RegExp(`Before.*${before} LHR.*Now.*${after} LHR`, 's'));
  expect(shown(window, 'flights')).toContain(`${after} LHR`);
  expect(shown(window, 'flights')).toContain('Boeing 787-9');
  (window.document.getElementById('accept') as unknown as { click(): void }).click();
  await until('the acceptance', async () =>
    shown(window, 'timeline').includes('The new flights are accepted'),
  );
  expect(order.airline_initiated_changes[0]?.action_taken).toBe('accepted');
  await window.happyDOM.close();
});
