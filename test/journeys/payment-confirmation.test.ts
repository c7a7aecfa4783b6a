import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { confirmationOf, confirmInBrowser } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectNothingBought, expectOneTicket, ledgerOf } from '../support/ledger.ts';
import { mailArrives, mailTo } from '../support/mail.ts';
import { until } from '../support/until.ts';

/** A bank that wants its traveller to confirm the payment: the same authorization is completed on session, or voided. */

const ASKS_BACK = 'pm_card_authenticationRequired';
let harness: Harness;
const fare = (amount = '399.00') =>
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount, currency: 'GBP', refundable: true });

const intentsOf = (tripId: string) =>
  ledgerOf(harness.sandbox).paymentIntents.filter(({ metadata }) => metadata.trip_id === tripId);
const reported = (user: Client, id: string) => user.call('POST', `/api/trips/${id}/payment-confirmed`);

async function waiting(card = ASKS_BACK, email = `${crypto.randomUUID()}@traveller.example`) {
  const { payments } = harness.sandbox.stripe;
  payments.intents.clear();
  harness.sandbox.duffel.orders.all.clear();
  harness.sandbox.world.calls.length = 0;
  fare();
  const user = await harness.user(undefined, { email });
  const { id } = await user.trip({}, card);
  const trip = await user.reaches(id, 'confirm_payment');
  return { user, id, trip, email };
}

describe('while the fare can be bought', () => {
  beforeAll(async () => {
    harness = await createHarness();
  });
  afterAll(() => harness.stop());
  afterEach(async () => {
    Object.assign(harness.sandbox.webhooks, { copies: 1 });
    await harness.endWatching();
  });

  test('the traveller is asked by mail, page and API, confirms, and has one ticket of one authorization', async () => {
    const { user, id, trip, email } = await waiting();
    expect(trip).toMatchObject({ status: 'BOOKING', outcome: { code: 'confirm_payment' } });
    expect(intentsOf(id)).toMatchObject([{ status: 'requires_payment_method', authorizedAt: null }]);
    expect(callsTo(harness.sandbox, 'duffel.orders.create')).toBe(0);
    await mailArrives(harness.sandbox, email, /Confirm your payment/);
    expect(String(mailTo(harness.sandbox, email)[0]?.html)).toContain(
      `${harness.url}/trips/${id}/confirm-payment`,
    );
    const asked = await confirmationOf(user, id);
    expect(asked.amount).toEqual({ amount: '399.00', currency: 'GBP' });
    expect(asked.expiresAt).toBe(trip.outcome.confirmBy);
    // Offers live for 30 minutes here; three are left for the order.
    const leftMs = Date.parse(asked.expiresAt) - Date.now();
    expect(leftMs).toBeGreaterThan(20 * 60_000);
    expect(leftMs).toBeLessThanOrEqual(27 * 60_000);

    expect((await confirmInBrowser(harness, asked)).status).toBe('requires_capture');
    expect((await reported(user, id)).status).toBe(202);
    await user.reaches(id, 'BOOKED');
    expectOneTicket(harness.sandbox);
    expect(intentsOf(id)).toMatchObject([{ status: 'succeeded', amountCaptured: 39_900 }]);
    const types = (await user.timeline(id)).map(({ type }) => type);
    expect(types).toContain('payment.confirmation_needed');
    expect(types.filter((type) => type === 'payment.authorized')).toHaveLength(1);
    // The browser may say it again, and a late click is told how it stands.
    expect((await reported(user, id)).status).toBe(202);
    expect((await user.call('POST', `/api/trips/${id}/confirm-payment`)).status).toBe(409);
  });

  test.each([
    ['the webhook alone brings the news', 1, false],
    ['the browser alone brings the news', 0, true],
    ['both do, from two tabs and several times', 3, true],
  ])('%s → one ticket', async (_who, copies, says) => {
    const { user, id } = await waiting();
    Object.assign(harness.sandbox.webhooks, { copies });
    const [first, second] = await Promise.all([confirmationOf(user, id), confirmationOf(user, id)]);
    expect(second).toEqual(first);
    await Promise.all([confirmInBrowser(harness, first), confirmInBrowser(harness, second)]);
    if (says) await Promise.all([1, 2, 3].map(() => reported(user, id)));
    await user.reaches(id, 'BOOKED');
    expectOneTicket(harness.sandbox);
    expect(intentsOf(id)).toHaveLength(1);
  });

  test('a browser that says so without the bank is not believed', async () => {
    const { user, id } = await waiting();
    await reported(user, id);
    await until('the lookup', async () => callsTo(harness.sandbox, 'stripe.payment_intents.retrieve') > 0);
    const [attempt] = await until('the attempt to wait again', async () => {
      const rows = await harness.database.query<{ step: string }>(
        'select step from booking_attempts where trip_id = $1 and lease_until is null and resume_at is not null',
        [id],
      );
      return rows.length > 0 && rows;
    });
    expect(attempt?.step).toBe('confirm_payment');
    expect(callsTo(harness.sandbox, 'duffel.orders.create')).toBe(0);
    await confirmInBrowser(harness, await confirmationOf(user, id));
    await user.reaches(id, 'BOOKED');
  });

  test('a traveller who fails the check may try again; a bank that then says no ends it, with its reason', async () => {
    const first = await waiting();
    const failed = await confirmInBrowser(harness, await confirmationOf(first.user, first.id), false);
    expect(failed.status).toBe('requires_payment_method');
    await reported(first.user, first.id);
    await confirmInBrowser(harness, await confirmationOf(first.user, first.id));
    await first.user.reaches(first.id, 'BOOKED');
    expectOneTicket(harness.sandbox);

    const second = await waiting('pm_card_authenticationRequiredThenDeclined');
    await confirmInBrowser(harness, await confirmationOf(second.user, second.id));
    const ended = await until('the end of the attempt', async () =>
      (await second.user.timeline(second.id)).find(({ type }) => type === 'booking.undone'),
    );
    expect(ended.detail).toMatchObject({
      code: 'insufficient_funds',
      message: expect.stringMatching(/Your bank declined .*insufficient funds/),
    });
    expect((await second.user.call('GET', `/api/trips/${second.id}`)).body.status).toBe('PENDING');
    expect(intentsOf(second.id)).toMatchObject([{ status: 'canceled' }]);
    expectNothingBought(harness.sandbox);
  });

  test('a fare that rose meanwhile is not bought, though it is within the cap: no more than was confirmed', async () => {
    const { user, id } = await waiting();
    const asked = await confirmationOf(user, id);
    fare('410.00');
    await confirmInBrowser(harness, asked);
    await until('the attempt to end', async () =>
      (await user.timeline(id)).find(({ type }) => type === 'booking.undone'),
    );
    expect(intentsOf(id)[0]).toMatchObject({ status: 'canceled' });
    expect(ledgerOf(harness.sandbox).orders.filter(({ metadata }) => metadata.trip_id === id)).toEqual([]);
  });

  test('a trip cancelled meanwhile voids it, and no confirmation brings it back', async () => {
    const { user, id } = await waiting();
    const asked = await confirmationOf(user, id);
    expect((await user.call('POST', `/api/trips/${id}/cancel`)).status).toBe(200);
    await until('the void', async () => intentsOf(id)[0]?.status === 'canceled');
    expect((await confirmInBrowser(harness, asked)).error?.code).toBe('payment_intent_unexpected_state');
    await user.reaches(id, 'CANCELLED');
    expectNothingBought(harness.sandbox);
  });

  test('while bookings are stopped nothing is handed out, and a payment that was confirmed is voided', async () => {
    const { user, id } = await waiting();
    const asked = await confirmationOf(user, id);
    harness.sandbox.launchDarkly.set('auto_booking_disable_all', true);
    try {
      await until('the switch', async () => {
        const { status } = await user.call('POST', `/api/trips/${id}/confirm-payment`);
        return status === 503;
      });
      await confirmInBrowser(harness, asked);
      await reported(user, id);
      await until('the void', async () => intentsOf(id)[0]?.status === 'canceled');
      expectNothingBought(harness.sandbox);
    } finally {
      harness.sandbox.launchDarkly.set('auto_booking_disable_all', false);
    }
  });
});

describe('when the time is over', () => {
  beforeAll(async () => {
    harness = await createHarness({ saga: { confirmation: { leastMs: 1, mostMs: 1_500 } } });
  });
  afterAll(() => harness.stop());

  test('nobody confirmed → voided, watched again with the reason; a late confirmation fails at the bank', async () => {
    const { user, id } = await waiting();
    const asked = await confirmationOf(user, id);
    const ended = await until('the end of the attempt', async () =>
      (await user.timeline(id)).find(({ type }) => type === 'booking.undone'),
    );
    expect(ended.detail.code).toBe('payment_not_confirmed');
    expect((await user.call('GET', `/api/trips/${id}`)).body.status).toBe('PENDING');
    expect(intentsOf(id)[0]).toMatchObject({ status: 'canceled', authorizedAt: null });
    expect((await confirmInBrowser(harness, asked)).error?.code).toBe('payment_intent_unexpected_state');
    expectNothingBought(harness.sandbox);
    await harness.endWatching();
  });
});

describe('when there is no time to ask', () => {
  beforeAll(async () => {
    harness = await createHarness({ sandbox: { offerTtlMs: 4 * 60_000 } });
  });
  afterAll(() => harness.stop());

  test('an offer that lapses in four minutes → the trip ends, says what the bank wants, and waits for a card', async () => {
    fare();
    const email = 'no-time@traveller.example';
    const user = await harness.user(undefined, { email });
    const { id } = await user.trip({}, ASKS_BACK);
    const failed = await user.reaches(id, 'FAILED');
    expect(failed.outcome.code).toBe('authentication_required');
    await mailArrives(harness.sandbox, email, /need you for a moment/);
    await user.call('PATCH', `/api/trips/${id}`, { paymentMethodId: await user.card('pm_card_mastercard') });
    await user.reaches(id, 'BOOKED');
    expectOneTicket(harness.sandbox);
  });
});
