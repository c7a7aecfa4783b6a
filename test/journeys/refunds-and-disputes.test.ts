import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Booked, createCancelledBookings } from '../support/cancelled-bookings.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { until } from '../support/until.ts';

/** What becomes of money after a booking: refunds until they are final, and payments that are disputed. */
let harness: Harness;
beforeAll(async () => {
  harness = await createHarness({ sandbox: { refundMovesMs: 200 } });
});
afterAll(() => harness.stop());
afterEach(async () => {
  harness.sandbox.webhooks.copies = 1;
  await harness.endWatching();
});

const bookings = createCancelledBookings(() => harness);
const payments = () => harness.sandbox.stripe.payments;
const alertsOf = (booking: Booked, text: RegExp) =>
  bookings.alerts(booking).filter(({ body }) => text.test(JSON.stringify(body)));

/** Cancelled, and refunded as the bank says. */
async function refunded(): Promise<Booked> {
  const booking = await bookings.book();
  await bookings.cancel(booking);
  await bookings.reaches(booking, 'REFUNDED');
  return booking;
}

const fail = (booking: Booked, reason: 'insufficient_funds' | 'expired_or_canceled_card') => {
  const [refund] = bookings.atTheBank(booking);
  if (!refund) throw new Error('there is no refund');
  payments().refundDesk.move(refund, 'failed', reason);
};

/** As if so much time had passed since the payment was last looked at. */
const lookedAgo = (table: 'refunds' | 'disputes', booking: Booked, hours: number) =>
  harness.database.query(
    `update ${table} set looked_at = now() - $2 * interval '1 hour' where trip_id = $1`,
    [booking.tripId, hours],
  );

async function expectPersonAfterFailure(booking: Booked): Promise<void> {
  await bookings.reaches(booking, 'CANCELLED');
  await until('a person', async () => (await bookings.cancellation(booking))?.status === 'NEEDS_HUMAN');
  expect(await bookings.cancellation(booking)).toMatchObject({ error_code: 'refund_failed' });
  await bookings.expectMail(booking, /Your bank returned our refund: 349\.00 GBP did not reach your card/);
  await bookings.expectMail(booking, /349\.00 GBP to your card did not go through/);
  await until('the alert', async () => alertsOf(booking, /refund_failed/).length === 1);
  expect(await bookings.refunds(booking)).toEqual([
    {
      status: 'failed',
      amount: 34_900,
      failure_reason: 'expired_or_canceled_card',
      resolved: false,
      named: true,
    },
  ]);
  expect(bookings.truth(booking).refunds).toEqual([]);
  expect(await bookings.audited(booking, 'refund.failed')).toBe(1);
}

describe('a refund', () => {
  test('fails after it had succeeded → the booking is no longer REFUNDED, and a person repays another way', async () => {
    const booking = await refunded();
    fail(booking, 'expired_or_canceled_card');
    await expectPersonAfterFailure(booking);
  });

  test('fails after it had succeeded, and no webhook tells → the sweep sees it a day later', async () => {
    const booking = await refunded();
    harness.sandbox.webhooks.copies = 0;
    fail(booking, 'expired_or_canceled_card');
    await harness.sweeps(2);
    expect(await bookings.status(booking)).toBe('REFUNDED');
    await lookedAgo('refunds', booking, 25);
    await expectPersonAfterFailure(booking);
  });

  test('fails for lack of our balance → asked for once more, under a new key, without a person', async () => {
    const booking = await refunded();
    fail(booking, 'insufficient_funds');
    await until('a second refund', async () => bookings.truth(booking).refunds.length === 1);
    await until('the cancellation', async () => (await bookings.cancellation(booking))?.status === 'DONE');
    await bookings.reaches(booking, 'REFUNDED');
    expect(new Set(bookings.refundKeys(booking)).size).toBe(2);
    const stored = await bookings.refunds(booking);
    expect(stored.map(({ status, resolved }) => [status, resolved])).toEqual([
      ['failed', true],
      ['succeeded', false],
    ]);
    await bookings.expectMail(booking, /The refund has gone through: 349\.00 GBP/);
    expect(bookings.alerts(booking)).toEqual([]);
  });

  test('fails because the card is lost or stolen → the traveller is told that it failed, and ops alone why', async () => {
    const booking = await refunded();
    const [refund] = bookings.atTheBank(booking);
    if (!refund) throw new Error('there is no refund');
    payments().refundDesk.move(refund, 'failed', 'lost_or_stolen_card');
    await bookings.reaches(booking, 'CANCELLED');
    await until('a person', async () => (await bookings.cancellation(booking))?.status === 'NEEDS_HUMAN');
    await bookings.expectMail(booking, /349\.00 GBP to your card did not go through/);
    const { user, tripId, bookingId } = booking;
    const answers = await Promise.all(
      [
        `trips/${tripId}`,
        `trips/${tripId}/timeline`,
        `trips/${tripId}/receipt`,
        `bookings/${bookingId}`,
        `bookings/${bookingId}/cancellation`,
      ].map(async (path) => JSON.stringify((await user.call('GET', `/api/${path}`)).body)),
    );
    expect(answers[1]).toContain('refund.failed');
    expect(answers.filter((text) => /lost|stolen/i.test(text))).toEqual([]);
    expect(bookings.mails(booking, /lost|stolen/i)).toEqual([]);
    const operator = await harness.user(undefined, { roles: ['operator'] });
    const cases = (await operator.call('GET', '/api/ops/cases')).body.data;
    expect(JSON.stringify(cases.filter((one: { tripId: string }) => one.tripId === tripId))).toContain(
      'lost_or_stolen_card',
    );
  });

  test('is pending, and no webhook tells when it arrives → the sweep sees it, and the traveller hears of it', async () => {
    harness.sandbox.webhooks.copies = 0;
    payments().refundDesk.setBalance('pends');
    const booking = await bookings.book();
    await bookings.cancel(booking);
    await bookings.reaches(booking, 'CANCELLED');
    payments().refundDesk.setBalance('enough');
    await lookedAgo('refunds', booking, 2);
    await bookings.reaches(booking, 'REFUNDED');
    await bookings.expectMail(booking, /Your bank has confirmed the refund: 349\.00 GBP/);
  });

  test('made by somebody in the Dashboard → it is stored and followed like ours', async () => {
    const booking = await bookings.book();
    payments().refund(payments().find(booking.paymentIntentId), 1_000, {});
    await until('its row', async () => (await bookings.refunds(booking)).length === 1);
    expect(await bookings.refunds(booking)).toMatchObject([
      { status: 'succeeded', amount: 1_000, named: true },
    ]);
  });
});

describe('a dispute', () => {
  const dispute = (booking: Booked, opening: Parameters<ReturnType<typeof payments>['dispute']>[1] = {}) =>
    payments().dispute(payments().find(booking.paymentIntentId), opening);
  const shown = async ({ user, bookingId }: Booked) =>
    (await user.call('GET', `/api/bookings/${bookingId}`)).body.dispute;

  test('is opened → the booking shows it, ops hear of the deadline, and a cancellation is a person’s', async () => {
    const booking = await bookings.book();
    expect(await shown(booking)).toBeNull();
    const opened = dispute(booking, { reason: 'fraudulent', dueInMs: 20 * 24 * 3_600_000 });
    const dueBy = new Date(opened.evidence_details.due_by * 1_000).toISOString();
    await until('the dispute', async () => (await shown(booking)) !== null);
    expect(await shown(booking)).toEqual({
      status: 'needs_response',
      reason: 'fraudulent',
      amount: { amount: '399.00', currency: 'GBP' },
      evidenceDueBy: dueBy,
    });
    await until(
      'the alert',
      async () => alertsOf(booking, new RegExp(`Send the evidence by ${dueBy}`)).length === 1,
    );
    expect(await bookings.cancel(booking)).toBe(202);
    await until('a person', async () => (await bookings.cancellation(booking))?.status === 'NEEDS_HUMAN');
    expect(await bookings.cancellation(booking)).toMatchObject({ error_code: 'payment_disputed' });
    expect(bookings.truth(booking)).toEqual({ order: 'confirmed', confirmed: 0, refunds: [] });
    payments().disputes.move(opened, 'lost');
    await until('the end', async () => alertsOf(booking, /dispute_closed/).length === 1);
    expect(await shown(booking)).toMatchObject({ status: 'lost' });
  });

  test('no webhook tells of its change, and the deadline comes near → the sweep sees both, and the alert gets louder', async () => {
    const booking = await bookings.book();
    const opened = dispute(booking, { inquiry: true, dueInMs: 9 * 24 * 3_600_000 });
    await until('the alert', async () => alertsOf(booking, /warning_needs_response/).length === 1);
    harness.sandbox.webhooks.copies = 0;
    payments().disputes.escalate(opened);
    opened.evidence_details.due_by = Math.floor(Date.now() / 1_000) + 20 * 3_600;
    await lookedAgo('disputes', booking, 2);
    await until('the change', async () => alertsOf(booking, /LAST DAY.*needs_response/).length === 1);
    opened.evidence_details.due_by = Math.floor(Date.now() / 1_000) + 5 * 3_600;
    await lookedAgo('disputes', booking, 2);
    // The sweep requeues the same payment once in 30 s, which real looks, an hour apart, never meet.
    await until('the last hours', async () => alertsOf(booking, /LAST HOURS/).length === 1, 45_000);
  });

  test('takes no response → the alert says so', async () => {
    const booking = await bookings.book();
    dispute(booking, { dueInMs: null });
    await until('the alert', async () => alertsOf(booking, /No response is possible/).length === 1);
    expect(await shown(booking)).toMatchObject({ evidenceDueBy: null });
  });

  test('is only feared by the card network → ops are alerted', async () => {
    const booking = await bookings.book();
    payments().warnOfFraud(payments().find(booking.paymentIntentId));
    await until('the alert', async () =>
      harness.sandbox.intake.alerts.some(({ body }) =>
        JSON.stringify(body).includes(booking.paymentIntentId),
      ),
    );
  });
});
