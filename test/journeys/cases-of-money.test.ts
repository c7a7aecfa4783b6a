import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Booked, createCancelledBookings, REFUND } from '../support/cancelled-bookings.ts';
import { casesOf, expectRefused } from '../support/cases.ts';
import type { Client } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { until } from '../support/until.ts';

/** What waits for a person once there was a ticket: cancellations, refunds, disputes, and what no trip accounts for. */
let harness: Harness;
beforeAll(async () => {
  harness = await createHarness({ env: { CASE_TWO_PEOPLE_ABOVE: '1000' } });
});
afterAll(() => harness.stop());
afterEach(() => harness.endWatching());

const bookings = createCancelledBookings(() => harness);
const { operator, list, act, gone } = casesOf(() => harness);
const payments = () => harness.sandbox.stripe.payments;
const terms = ({ orderId }: Booked, said: Parameters<typeof harness.sandbox.duffel.orders.terms.set>[1]) =>
  harness.sandbox.duffel.orders.terms.set(orderId, said);
const caseOf = (who: Client, { tripId }: Booked, kind: string) =>
  until(`a case (${kind})`, async () =>
    (await list(who)).find((one) => one.tripId === tripId && one.kind === kind),
  );
const audited = (id: string) =>
  harness.database.query<{ action: string; allowed: boolean; refusal: string | null }>(
    `select action, allowed, target ->> 'refusal' as refusal from ops_audits where target ->> 'caseId' = $1 order by id`,
    [id],
  );

/** Cancelled, and nobody knows yet what the airline gave back. */
async function ofUnknownRefund(): Promise<Booked> {
  const booking = await bookings.book();
  terms(booking, { confirmed_refund_amount: null });
  await bookings.cancel(booking);
  return booking;
}

describe('a cancellation', () => {
  test('refund: exactly the stated amount goes back, and no more than was paid may be stated', async () => {
    const ada = await operator();
    const booking = await ofUnknownRefund();
    const { id, code } = await caseOf(ada, booking, 'cancellation');
    expect(code).toBe('refund_unknown');
    expect((await act(ada, id, 'refund')).status).toBe(422);
    expect((await act(ada, id, 'refund', { amount: '399.01' })).status).toBe(422);
    expectRefused(await act(ada, id, 'close'), /an unknown amount.*Use refund/);
    expect((await act(ada, id, 'refund', { amount: '120.00' })).status).toBe(202);
    await bookings.reaches(booking, 'REFUNDED');
    expect(bookings.atTheBank(booking).map(({ amount }) => amount)).toEqual([12_000]);
    await bookings.expectMail(booking, /refund of 120\.00 GBP to your card was requested/);
    await gone(ada, id);
  });

  test('refund of 0: the mail says that nothing is refunded, not what the airline gave', async () => {
    const ada = await operator();
    const booking = await ofUnknownRefund();
    const { id } = await caseOf(ada, booking, 'cancellation');
    expect((await act(ada, id, 'refund', { amount: '0.00' })).status).toBe(202);
    await until('its end', async () => (await bookings.cancellation(booking))?.status === 'DONE');
    await bookings.expectMail(
      booking,
      /nothing is refunded to your card\. The airline has not told us what it gives back/,
    );
    expect(bookings.mails(booking, /gave nothing back/)).toEqual([]);
    expect(bookings.atTheBank(booking)).toEqual([]);
  });

  test('retry, once the airline says what it gave back: it goes on though the ticket is gone', async () => {
    const ada = await operator();
    const booking = await ofUnknownRefund();
    const { id } = await caseOf(ada, booking, 'cancellation');
    const order = harness.sandbox.duffel.orders.all.get(booking.orderId);
    if (!order?.cancellation) throw new Error('the order is not cancelled');
    order.cancellation.refund_amount = '349.00';
    expect((await act(ada, id, 'retry')).status).toBe(202);
    await bookings.reaches(booking, 'REFUNDED');
    expect(bookings.atTheBank(booking).map(({ amount }) => amount)).toEqual([34_900]);
  });

  test('close while the order reads as live after the seller was told to cancel it: refused, unless its id is stated', async () => {
    const ada = await operator();
    const booking = await bookings.book();
    terms(booking, { readsLiveMs: 3_600_000 });
    await bookings.cancel(booking);
    await until(
      'the confirmation',
      async () => (await bookings.cancellation(booking))?.step === 'verify_order',
    );
    await harness.database.query(
      `update cancellations set status = 'NEEDS_HUMAN', error_code = 'cancel_unconfirmed', epoch = epoch + 1 where booking_id = $1`,
      [booking.bookingId],
    );
    const { id } = await caseOf(ada, booking, 'cancellation');
    expectRefused(await act(ada, id, 'close'), /was told to cancel ord_.*still reads as live/);
    expect((await act(ada, id, 'close', { orderId: booking.orderId })).status).toBe(202);
    await gone(ada, id);
    expect(await bookings.status(booking)).toBe('CONFIRMED');
  });

  test('close leaves a live booking as it is; retry goes on once the airline says what it gives', async () => {
    const ada = await operator();
    const [closed, retried] = [await bookings.book(), await bookings.book()];
    for (const booking of [closed, retried]) {
      terms(booking, { refund_amount: null });
      await bookings.cancel(booking);
    }
    const { id } = await caseOf(ada, closed, 'cancellation');
    expect((await act(ada, id, 'close')).status).toBe(202);
    await gone(ada, id);
    expect(await bookings.status(closed)).toBe('CONFIRMED');
    await bookings.expectMail(closed, /it stands as it was, and nothing was refunded/);
    const again = await caseOf(ada, retried, 'cancellation');
    terms(retried, {});
    expect((await act(ada, again.id, 'retry')).status).toBe(202);
    await bookings.reaches(retried, 'REFUNDED');
    expect(bookings.atTheBank(retried).map(({ amount }) => amount)).toEqual([34_900]);
  });
});

/** A cancelled booking whose refund the card did not take. */
async function refundFailed(): Promise<Booked> {
  const booking = await bookings.book();
  await bookings.cancel(booking);
  await bookings.reaches(booking, 'REFUNDED');
  const [failed] = bookings.atTheBank(booking);
  if (!failed) throw new Error('there is no refund');
  payments().refundDesk.move(failed, 'failed', 'expired_or_canceled_card');
  return booking;
}

test('a failed refund is asked for again, once however often its job runs, and followed', async () => {
  const ada = await operator();
  const booking = await refundFailed();
  const { id } = await caseOf(ada, booking, 'refund');
  // No webhook tells of the second refund.
  harness.sandbox.webhooks.copies = 0;
  expect((await act(ada, id, 'refund')).status).toBe(202);
  await bookings.reaches(booking, 'REFUNDED');
  harness.sandbox.webhooks.copies = 1;
  await bookings.expectMail(booking, /Your bank has confirmed the refund: 349\.00 GBP/);
  const asked = () =>
    harness.sandbox.world.calls.filter(
      ({ target, idempotencyKey }) => target === REFUND && idempotencyKey?.startsWith('case-'),
    ).length;
  expect(asked()).toBe(1);
  // As if the worker had died after the bank's answer.
  await harness.database.query(`update refunds set resolved_at = null where id = $1`, [id]);
  const [action] = await harness.database.query<{ id: string }>(
    `update case_actions set state = 'ACCEPTED', outcome = null where case_id = $1 returning id`,
    [id],
  );
  const payload = { actionId: action?.id ?? '', nudge: 'again' };
  await harness.web.publisher.queues.book.add('case', payload, { jobId: 'case-again' });
  await gone(ada, id);
  expect(asked()).toBe(1);
  expect(bookings.atTheBank(booking).map(({ status }) => status)).toEqual(['failed', 'succeeded']);
});

test('a case of a refund or a dispute shows what came back of its own payment, and of no other', async () => {
  const ada = await operator();
  const [failed, disputed] = [await bookings.book(), await bookings.book()];
  for (const booking of [failed, disputed]) {
    await bookings.cancel(booking);
    await bookings.reaches(booking, 'REFUNDED');
  }
  const [refund] = bookings.atTheBank(failed);
  if (!refund) throw new Error('there is no refund');
  payments().refundDesk.move(refund, 'failed', 'expired_or_canceled_card');
  payments().dispute(payments().find(disputed.paymentIntentId));
  const refunded = async (booking: Booked, kind: string) => (await caseOf(ada, booking, kind)).money.refunded;
  expect(await refunded(failed, 'refund')).toEqual({ amount: '0.00', currency: 'GBP' });
  expect(await refunded(disputed, 'dispute')).toEqual({ amount: '349.00', currency: 'GBP' });
});

test('a refund that was paid in another way is not paid to the card too, whatever is decided about its cancellation', async () => {
  const ada = await operator();
  const booking = await refundFailed();
  const refund = await caseOf(ada, booking, 'refund');
  expect((await act(ada, refund.id, 'close', { paidElsewhere: true })).status).toBe(202);
  const { id } = await caseOf(ada, booking, 'cancellation');
  expectRefused(await act(ada, id, 'refund', { amount: '300.00' }), /349\.00 GBP went back already/);
  expect((await act(ada, id, 'retry')).status).toBe(202);
  await gone(ada, id);
  await until('its end', async () => (await bookings.cancellation(booking))?.status === 'DONE');
  expect(bookings.atTheBank(booking).map(({ status }) => status)).toEqual(['failed']);
});

test('a dispute that needs a response is closed only when it is lost on purpose; an answered one at once', async () => {
  const ada = await operator();
  const [answered, lost] = [await bookings.book(), await bookings.book()];
  const open = (booking: Booked) =>
    payments().dispute(payments().find(booking.paymentIntentId), { dueInMs: 5 * 3_600_000 });
  const dispute = open(answered);
  open(lost);
  const [first, second] = [await caseOf(ada, answered, 'dispute'), await caseOf(ada, lost, 'dispute')];
  expect(first).toMatchObject({ severity: 'critical', allowed: ['close'] });
  for (const { id } of [first, second])
    expectRefused(await act(ada, id, 'close'), /still needs a response.*acceptLoss/);
  expect(await audited(second.id)).toEqual([
    { action: 'case.refused close', allowed: false, refusal: expect.stringMatching(/still needs/) },
  ]);
  dispute.status = 'under_review';
  expect((await act(ada, first.id, 'close')).status).toBe(202);
  expect((await act(ada, second.id, 'close', { acceptLoss: true })).status).toBe(202);
  await gone(ada, first.id);
  await gone(ada, second.id);
  await until('the answered one to be followed', async () => {
    const rows = await harness.database.query<{ status: string }>(
      'select status from disputes where id = $1',
      [first.id],
    );
    return rows[0]?.status === 'under_review';
  });
});

test('an orphaned payment: refunded once a person states that no order hangs on it; closed when nothing is left', async () => {
  const ada = await operator();
  const booking = await bookings.book();
  const { paymentIntentId: id } = booking;
  const orphaned = () =>
    harness.database.query(
      `insert into orphans (provider_id, kind, action) values ($1, 'hold', 'human')
       on conflict (provider_id) do update set outcome = null`,
      [id],
    );
  await orphaned();
  expectRefused(await act(ada, id, 'close'), /still reserved or captured. Use release/);
  expectRefused(await act(ada, id, 'release'), /noOrder/);
  expectRefused(await act(ada, id, 'capture'), /not possible for this case/);
  expect((await act(ada, id, 'release', { noOrder: true })).status).toBe(202);
  await gone(ada, id);
  expect(bookings.atTheBank(booking).map(({ amount }) => amount)).toEqual([39_900]);
  expect((await audited(id)).filter(({ allowed }) => !allowed)).toHaveLength(3);
  await orphaned();
  expect((await act(ada, id, 'close')).status).toBe(202);
  await gone(ada, id);
  expect(bookings.atTheBank(booking)).toHaveLength(1);
});
