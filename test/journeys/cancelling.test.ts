import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Client } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, cancellationOf, penalise } from '../support/ledger.ts';
import { mailTo } from '../support/mail.ts';
import { until } from '../support/until.ts';
import { fault, stripeError } from '../support/vendor-errors.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness({ sandbox: { refundMovesMs: 300 } });
});
afterAll(() => harness.stop());
beforeEach(() => {
  harness.sandbox.world.calls.length = 0;
  price('LHR', 'JFK', true);
});
afterEach(() => harness.endWatching());

const CONFIRM = 'duffel.order_cancellations.confirm';
const REFUND = 'stripe.refunds.create';
const price = (origin: string, destination: string, refundable: boolean) =>
  harness.sandbox.duffel.prices.pin(origin, destination, { amount: '399.00', currency: 'GBP', refundable });

interface Booked {
  readonly user: Client;
  readonly email: string;
  readonly tripId: string;
  readonly bookingId: string;
  readonly orderId: string;
}

let users = 0;
async function booked(
  options: { origin?: string; destination?: string; card?: string } = {},
): Promise<Booked> {
  users += 1;
  const email = `cancelling-${users}@traveller.example`;
  const user = await harness.user(undefined, { email });
  const { origin = 'LHR', destination = 'JFK', card } = options;
  const { id: tripId } = await user.trip({ origin, destination }, card);
  const { booking } = await user.reaches(tripId, 'BOOKED');
  return { user, email, tripId, bookingId: booking?.id ?? '', orderId: booking?.orderId ?? '' };
}

/** Booked at a fare that keeps 50.00 GBP: a second refund would be possible, and would be seen. */
async function bookedWithPenalty(): Promise<Booked> {
  const booking = await booked();
  penalise(harness.sandbox, booking.orderId);
  return booking;
}

const cancel = async ({ user, bookingId }: Booked): Promise<number> =>
  (await user.call('POST', `/api/bookings/${bookingId}/cancel`)).status;
const statusOf = async ({ user, bookingId }: Booked): Promise<string> =>
  (await user.call('GET', `/api/bookings/${bookingId}`)).body.status;
const reaches = (booking: Booked, wanted: string) =>
  until(`the booking to be ${wanted}`, async () => (await statusOf(booking)) === wanted);
const rowsOf = ({ bookingId }: Booked) =>
  harness.database.query<{ number: number; status: string; error_code: string | null }>(
    'select number, status, error_code from cancellations where booking_id = $1 order by number',
    [bookingId],
  );
const audited = async ({ user, tripId }: Booked, type: string): Promise<number> =>
  (await user.timeline(tripId)).filter((entry) => entry.type === type).length;
const mails = ({ email }: Booked, text: RegExp) =>
  mailTo(harness.sandbox, email).filter((mail) => text.test(`${mail.subject} ${mail.text}`));
const refundKeys = () =>
  harness.sandbox.world.calls
    .filter(({ target }) => target === REFUND)
    .map(({ idempotencyKey }) => idempotencyKey);
const truth = ({ orderId }: Booked) => cancellationOf(harness.sandbox, orderId);
const CANCELLED_ONCE = { order: 'cancelled', confirmed: 1, refunds: [34_900] };

/** The mail is sent, and no other of its kind is on its way. */
async function expectOneMail(booking: Booked, text: RegExp): Promise<void> {
  await until(`mail ${text}`, async () => mails(booking, text).length > 0);
  await harness.sweeps(2);
  expect(mails(booking, text)).toHaveLength(1);
}

test('the answer to a request shows the cancellation that it began', async () => {
  const { user, bookingId } = await booked();
  const { status, body } = await user.call('POST', `/api/bookings/${bookingId}/cancel`);
  expect([status, body.status]).toEqual([202, 'CONFIRMED']);
  expect(body.cancellation).toMatchObject({ status: 'under_way', requestedBy: 'traveller' });
});

test('the fare gives everything back → order cancelled, one refund of the amount, booking REFUNDED, one mail', async () => {
  const booking = await booked();
  expect(await cancel(booking)).toBe(202);
  await reaches(booking, 'REFUNDED');
  expect(truth(booking)).toEqual({ order: 'cancelled', confirmed: 1, refunds: [39_900] });
  expect(await rowsOf(booking)).toMatchObject([{ number: 1, status: 'DONE' }]);
  await expectOneMail(
    booking,
    /You cancelled this booking\. A refund of 399\.00 GBP to your card was requested/,
  );
  expect(await audited(booking, 'booking.cancelled')).toBe(1);
  expect(await cancel(booking)).toBe(409);
});

test('the airline keeps a part → the rest is refunded, and the mail names it', async () => {
  const booking = await bookedWithPenalty();
  await cancel(booking);
  await reaches(booking, 'REFUNDED');
  expect(truth(booking)).toEqual(CANCELLED_ONCE);
  await expectOneMail(booking, /A refund of 349\.00 GBP .* was requested; you had paid 399\.00 GBP/);
});

test('the answer of the confirmation is lost → one cancellation, one refund', async () => {
  const booking = await bookedWithPenalty();
  harness.sandbox.faults.add(fault({ target: CONFIRM, fault: 'lost_answer' }));
  await cancel(booking);
  await reaches(booking, 'REFUNDED');
  expect(truth(booking)).toEqual(CANCELLED_ONCE);
  expect(callsTo(harness.sandbox, CONFIRM)).toBe(1);
});

test('every answer of the refund is lost → it is found at the bank: one refund, under one key', async () => {
  const booking = await bookedWithPenalty();
  // The payment SDK repeats a call twice.
  harness.sandbox.faults.add(fault({ target: REFUND, fault: 'lost_answer', times: 3 }));
  await cancel(booking);
  await reaches(booking, 'REFUNDED');
  expect(truth(booking)).toEqual(CANCELLED_ONCE);
  expect(new Set(refundKeys()).size).toBe(1);
});

test('a 500 is stored under the refund’s key → refunded once, under a new key', async () => {
  const booking = await bookedWithPenalty();
  harness.sandbox.faults.add({ ...stripeError(REFUND, 500, { type: 'api_error' }), times: 3 });
  await cancel(booking);
  await reaches(booking, 'REFUNDED');
  expect(truth(booking)).toEqual(CANCELLED_ONCE);
  expect(new Set(refundKeys()).size).toBe(2);
});

test.each([
  [
    'not refundable',
    'LHR',
    'BOS',
    false,
    'order_not_refundable',
    /not cancelled.*gives nothing back.*your ticket is valid/s,
  ],
  [
    'refunded in airline credits',
    'LTN',
    'SYD',
    true,
    'refunded_in_credits',
    /not cancelled.*airline credits of 399\.00 GBP/s,
  ],
] as const)(
  'a fare that is %s → the booking stays and a mail says so; a second request is worked again',
  async (_fare, origin, destination, refundable, code, words) => {
    price(origin, destination, refundable);
    const booking = await booked({ origin, destination });
    const refusals = async (count: number) =>
      until(`${count} refusals`, async () => (await audited(booking, 'booking.cancel_refused')) === count);
    expect(await cancel(booking)).toBe(202);
    await refusals(1);
    await expectOneMail(booking, words);
    expect((await booking.user.read(booking.tripId)).status).toBe('BOOKED');
    expect(await cancel(booking)).toBe(202);
    await refusals(2);
    await until('the second mail', async () => mails(booking, words).length === 2);
    expect(await statusOf(booking)).toBe('CONFIRMED');
    expect(truth(booking)).toEqual({ order: 'confirmed', confirmed: 0, refunds: [] });
    expect(await rowsOf(booking)).toEqual([
      { number: 1, status: 'REFUSED', error_code: code },
      { number: 2, status: 'REFUSED', error_code: code },
    ]);
  },
);

/** A person has been called, once; a further request is refused and changes nothing. */
async function expectPerson(booking: Booked, code: string): Promise<void> {
  await until('a person to be called', async () => (await rowsOf(booking))[0]?.status === 'NEEDS_HUMAN');
  const alerts = () =>
    harness.sandbox.intake.alerts.filter(({ body }) => JSON.stringify(body).includes(booking.tripId));
  await until('the alert', async () => alerts().length > 0);
  expect(await cancel(booking)).toBe(409);
  await harness.sweeps(2);
  expect(alerts()).toHaveLength(1);
  expect(await rowsOf(booking)).toEqual([{ number: 1, status: 'NEEDS_HUMAN', error_code: code }]);
  expect(await statusOf(booking)).toBe('CANCELLED');
  expect((await booking.user.read(booking.tripId)).status).toBe('CANCELLED');
  expect(await audited(booking, 'booking.needs_human')).toBe(1);
  expect(mails(booking, /was requested/)).toEqual([]);
  const shown = await booking.user.call('GET', `/api/bookings/${booking.bookingId}`);
  expect(shown.body.cancellation.refund).toEqual({
    amount: { amount: '399.00', currency: 'GBP' },
    status: 'failed',
  });
  // The ticket is gone, and the traveller is told so by the one mail there is.
  await expectOneMail(
    booking,
    /A person is looking into the cancellation .* The ticket is cancelled\. A refund of 399\.00 GBP .* did not go through/,
  );
  expect(truth(booking)).toEqual({ order: 'cancelled', confirmed: 1, refunds: [] });
}

test('Stripe refuses the refund for good → a person is called, once', async () => {
  const booking = await booked();
  const error = { type: 'invalid_request_error', code: 'charge_disputed' };
  harness.sandbox.faults.add({ ...stripeError(REFUND, 400, error), times: 9 });
  await cancel(booking);
  await expectPerson(booking, 'charge_disputed');
  expect(callsTo(harness.sandbox, REFUND)).toBe(1);
});

test('Stripe takes the refund, and the bank fails it at once → a person is called, once', async () => {
  const booking = await booked({ card: 'pm_card_pendingRefundFail' });
  await cancel(booking);
  await expectPerson(booking, 'refund_failed');
});

test.each([
  ['the version before wrote no row', 'delete from cancellations where booking_id = $1'],
  [
    'the row is idle',
    `update cancellations set updated_at = now() - interval '76 seconds' where booking_id = $1`,
  ],
])(
  'the job is lost and %s → the rescuer finds it after 75 s: cancelled and refunded once',
  async (_which, age) => {
    const booking = await bookedWithPenalty();
    await harness.stopWorkers();
    await cancel(booking);
    const { book } = harness.web.publisher.queues;
    await until('the job to be published', async () => book.getJob(`cancel-booking-${booking.bookingId}`));
    await book.remove(`cancel-booking-${booking.bookingId}`);
    await harness.database.query(`delete from outbox where job_id like $1`, [`%${booking.bookingId}%`]);
    await harness.startWorkers(['search', 'monitor', 'book', 'notify', 'cleanup']);
    await harness.sweeps(2);
    expect(await statusOf(booking)).toBe('CONFIRMED');
    await harness.database.query(age, [booking.bookingId]);
    await harness.database.query(
      `update flight_bookings set cancel_requested_at = now() - interval '76 seconds' where id = $1`,
      [booking.bookingId],
    );
    await reaches(booking, 'REFUNDED');
    expect(truth(booking)).toEqual(CANCELLED_ONCE);
  },
);

test('several requests at once → one cancellation, one refund, one mail', async () => {
  const booking = await bookedWithPenalty();
  const answers = await Promise.all([cancel(booking), cancel(booking), cancel(booking)]);
  expect(answers).toContain(202);
  await reaches(booking, 'REFUNDED');
  await expectOneMail(booking, /You cancelled this booking/);
  expect(truth(booking)).toEqual(CANCELLED_ONCE);
  expect(callsTo(harness.sandbox, CONFIRM)).toBe(1);
  expect(await rowsOf(booking)).toMatchObject([{ number: 1, status: 'DONE' }]);
});
