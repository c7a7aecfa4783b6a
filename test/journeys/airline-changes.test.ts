import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AirlineMove } from '../../sandbox/duffel/airline-changes.ts';
import { type Booked, createCancelledBookings } from '../support/cancelled-bookings.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, ledgerOf } from '../support/ledger.ts';
import { mailTo } from '../support/mail.ts';
import { until } from '../support/until.ts';
import { duffelError, fault } from '../support/vendor-errors.ts';

/** What the airline does after the ticket reaches the traveller and ops, whether or not its webhook comes. */
const ACCEPT = 'duffel.airline_initiated_changes.accept';
let harness: Harness;
beforeAll(async () => {
  harness = await createHarness({ sandbox: { refundMovesMs: 300 } });
});
afterAll(() => harness.stop());
afterEach(async () => {
  await harness.endWatching();
  harness.sandbox.webhooks.copies = 1;
  harness.sandbox.world.calls.length = 0;
});
const bookings = createCancelledBookings(() => harness);

const orderOf = ({ orderId }: Booked) => harness.sandbox.duffel.orders.find(orderId);
const change = (booking: Booked, move?: AirlineMove) =>
  harness.sandbox.duffel.airline.change(orderOf(booking), move);
const read = async ({ user, bookingId }: Booked) =>
  (await user.call('GET', `/api/bookings/${bookingId}`)).body;
const changesOf = async (booking: Booked) => (await read(booking)).changes;
/** The latest change, once it is there. */
const noticed = (booking: Booked, count = 1) =>
  until('the change', async () => {
    const changes = await changesOf(booking);
    return changes.length === count && changes.at(-1);
  });
const accept = ({ user, bookingId }: Booked, id: string) =>
  user.call('POST', `/api/bookings/${bookingId}/changes/${id}/accept`);
const reaches = (booking: Booked, state: string) =>
  until(`the change to be ${state}`, async () => (await changesOf(booking)).at(-1).state === state);
/** As if the booking were due for a look until one has begun: one that was under way says when the next is due. */
async function due({ bookingId }: Booked): Promise<void> {
  const { query } = harness.database;
  const [since] = await query<{ at: Date }>('select clock_timestamp() as at');
  await until('a look', async () => {
    const waiting = await query(
      `update flight_bookings set next_look_at = now() - interval '1 second'
       where id = $1 and (looked_at is null or looked_at < $2) returning id`,
      [bookingId, since?.at],
    );
    return waiting.length === 0;
  });
}
const mails = ({ email }: Booked, subject: RegExp) =>
  mailTo(harness.sandbox, email).filter((mail) => subject.test(mail.subject));
const firstTimes = (slices: { segments: { departingAtLocal: string }[] }[]) =>
  slices.map(({ segments }) => segments[0]?.departingAtLocal);

describe.each([1, 0])('with %i webhooks', (copies) => {
  test('a moved flight is shown old beside new, on the page, in a mail and in the timeline, once', async () => {
    const booking = await bookings.book();
    const before = (await read(booking)).itinerary;
    harness.sandbox.webhooks.copies = copies;
    change(booking, { minutes: 95 });
    await due(booking);
    const shown = await noticed(booking);
    const { itinerary } = await read(booking);
    expect(shown).toMatchObject({ state: 'open', acceptable: true, before, after: itinerary });
    expect(firstTimes(itinerary)).not.toEqual(firstTimes(before));
    const [mail] = await until('the mail', async () => {
      const sent = mails(booking, /^Flights changed/);
      return sent.length > 0 && sent;
    });
    for (const [time] of [before, itinerary].map(firstTimes))
      expect(mail?.text).toContain(time?.slice(11, 16));
    expect(mail?.text).toMatch(/accept the new flights/);
    // Looked at again, and told again by webhook, nothing is told twice.
    await due(booking);
    expect(mails(booking, /^Flights changed/)).toHaveLength(1);
    expect(await bookings.audited(booking, 'order.changed')).toBe(1);
    expect(bookings.alerts(booking)).toEqual([]);
  });

  test('an order that the airline cancelled is refunded as far as the airline refunds; traveller and ops hear of it', async () => {
    const booking = await bookings.book();
    harness.sandbox.webhooks.copies = copies;
    harness.sandbox.duffel.airline.cancel(orderOf(booking), '349.00');
    await due(booking);
    await bookings.reaches(booking, 'REFUNDED');
    expect((await read(booking)).cancellation).toMatchObject({
      status: 'cancelled',
      requestedBy: 'airline',
      refund: { amount: { amount: '349.00' }, status: 'arrived' },
    });
    await bookings.expectMail(booking, /The airline cancelled your flights/);
    await bookings.expectMail(booking, /The airline cancelled this booking\. A refund of 349\.00 GBP/);
    expect(bookings.atTheBank(booking).map(({ amount }) => amount)).toEqual([34_900]);
    await until('the alert', async () => bookings.alerts(booking).length === 1);
    expect(await bookings.audited(booking, 'order.cancelled_by_airline')).toBe(1);
  });

  test('tickets that come after ten minutes are filled in and mailed, each by its traveller', async () => {
    harness.sandbox.world.settings.ticketsLateMs = 3_600_000;
    const booking = await bookedWithoutTickets();
    const [confirmation] = await until('the confirmation', async () => {
      const sent = mails(booking, /^Booked/);
      return sent.length > 0 && sent;
    });
    expect(confirmation?.text).toMatch(/Ticket number to follow/);
    expect(confirmation?.text).not.toMatch(/ticket is issued/);
    harness.sandbox.webhooks.copies = copies;
    harness.sandbox.world.settings.ticketsLateMs = 0;
    const order = orderOf(booking);
    const tickets = new Map(order.passengers.map(({ id, given_name }) => [given_name, `125-${id}`]));
    order.documents = order.passengers.map(({ id }) => ({
      type: 'electronic_ticket',
      unique_identifier: `125-${id}`,
      passenger_ids: [id],
    }));
    harness.sandbox.duffel.orders.event('order.updated', { id: order.id }, order.id);
    await due(booking);
    const [mail] = await until('the mail', async () => {
      const sent = mails(booking, /^Tickets issued/);
      return sent.length > 0 && sent;
    });
    for (const [name, ticket] of tickets)
      expect(mail?.text).toMatch(new RegExp(`${name}[^\\n]*\\s+Ticket ${ticket}\\s`));
    expect((await read(booking)).ticketNumbers).toEqual(
      ['Annabella', 'Byron'].map((name) => tickets.get(name)),
    );
    await due(booking);
    expect(mails(booking, /^Tickets issued/)).toHaveLength(1);
  });
});

async function bookedWithoutTickets(): Promise<Booked> {
  const { sandbox, database } = harness;
  sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  const email = `tickets-${sandbox.webhooks.deliveries.length}@traveller.example`;
  const user = await harness.user(undefined, { email });
  const travelerIds = [
    await user.traveler({ givenName: 'Byron', bornOn: '1995-05-05' }),
    await user.traveler({ givenName: 'Annabella', bornOn: '1985-05-05' }),
  ];
  const { id: tripId } = await user.trip({ travelerIds });
  const captured = () =>
    ledgerOf(sandbox).paymentIntents.find(({ metadata, amountCaptured }) => {
      return metadata.trip_id === tripId && amountCaptured;
    });
  const paid = await until('the capture', async () => captured());
  await database.query(
    `update booking_steps set intended_at = intended_at - interval '11 minutes' where step = 'capture'`,
  );
  const { booking } = await user.reaches(tripId, 'BOOKED');
  expect(booking?.ticketNumbers).toEqual([]);
  return {
    user,
    email,
    tripId,
    bookingId: booking?.id ?? '',
    orderId: booking?.orderId ?? '',
    paymentIntentId: paid.id,
  };
}

test('flights that are dropped, and a change that can not be accepted online, reach ops as well', async () => {
  const dropped = await bookings.book();
  change(dropped, { gone: true });
  expect(await noticed(dropped)).toMatchObject({
    after: [],
    message: expect.stringMatching(/no longer flies/),
  });
  await until('the alert', async () => bookings.alerts(dropped).length === 1);
  const byHand = await bookings.book();
  change(byHand, { actions: [] });
  const { id, acceptable } = await noticed(byHand);
  expect(acceptable).toBe(false);
  expect((await accept(byHand, id)).status).toBe(409);
  await until('the alert', async () => bookings.alerts(byHand).length === 1);
});

test('a later change takes the place of an open one: only the latest is accepted', async () => {
  const booking = await bookings.book();
  change(booking, { minutes: 30 });
  const first = await noticed(booking);
  change(booking, { minutes: 45 });
  const second = await noticed(booking, 2);
  expect((await changesOf(booking)).map(({ state }: { state: string }) => state)).toEqual([
    'superseded',
    'open',
  ]);
  expect(second.before).toEqual(first.after);
  expect((await accept(booking, first.id)).status).toBe(409);
  expect((await accept(booking, second.id)).status).toBe(202);
  await reaches(booking, 'accepted');
});

describe('accepting', () => {
  test('asked by many at once the airline is asked once, and the change is accepted when the order says so', async () => {
    const booking = await bookings.book();
    change(booking);
    const { id } = await noticed(booking);
    const replies = await Promise.all(Array.from({ length: 20 }, () => accept(booking, id)));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]));
    await reaches(booking, 'accepted');
    expect(callsTo(harness.sandbox, ACCEPT)).toBe(1);
    expect(await bookings.audited(booking, 'order.change_accept_requested')).toBe(1);
    expect(await bookings.audited(booking, 'order.change_accepted')).toBe(1);
    // Again it is the same request.
    expect((await accept(booking, id)).body.state).toBe('accepted');
  });

  test('an answer that is lost is looked up: the airline is not asked a second time', async () => {
    const booking = await bookings.book();
    change(booking);
    const { id } = await noticed(booking);
    harness.sandbox.webhooks.copies = 0;
    harness.sandbox.faults.add(fault({ target: ACCEPT, fault: 'lost_answer' }));
    await accept(booking, id);
    await reaches(booking, 'accepted');
    expect(callsTo(harness.sandbox, ACCEPT)).toBe(1);
  });

  test('people at the airline work on it: it is accepting until the order says otherwise', async () => {
    const booking = await bookings.book();
    change(booking, { acceptMs: 3_600_000 });
    const { id } = await noticed(booking);
    await accept(booking, id);
    await until('the call', async () => callsTo(harness.sandbox, ACCEPT) === 1);
    await harness.sweeps(2);
    expect((await changesOf(booking))[0].state).toBe('accepting');
    Object.assign(orderOf(booking).airline_initiated_changes[0] ?? {}, { action_taken: 'accepted' });
    await due(booking);
    await reaches(booking, 'accepted');
    expect(callsTo(harness.sandbox, ACCEPT)).toBe(1);
  });

  test('refused for good it is a person’s: traveller and ops are told', async () => {
    const booking = await bookings.book();
    change(booking);
    const { id } = await noticed(booking);
    harness.sandbox.faults.add(duffelError(ACCEPT, 422, 'invalid_state_error', 'unsupported_action'));
    await accept(booking, id);
    await reaches(booking, 'needs_person');
    await until('the mails', async () => mails(booking, /^Flights changed/).length === 2);
    await until('the alert', async () => bookings.alerts(booking).length === 1);
  });

  test('while the booking is being cancelled it is refused, and nothing is asked', async () => {
    const booking = await bookings.book();
    change(booking);
    const { id } = await noticed(booking);
    harness.sandbox.duffel.orders.terms.set(booking.orderId, { refund_amount: null });
    await bookings.cancel(booking);
    await until('a person', async () => (await bookings.cancellation(booking))?.status === 'NEEDS_HUMAN');
    expect((await accept(booking, id)).status).toBe(409);
    expect(callsTo(harness.sandbox, ACCEPT)).toBe(0);
  });
});

test('an airline that cancels without a word about money: a person’s case, and the traveller knows that the ticket is gone', async () => {
  const booking = await bookings.book();
  harness.sandbox.duffel.airline.cancel(orderOf(booking), undefined);
  await until(
    'a person',
    async () => (await bookings.cancellation(booking))?.error_code === 'refund_unknown',
  );
  await bookings.expectMail(booking, /The airline cancelled your flights/);
  expect((await read(booking)).status).toBe('CANCELLED');
  expect(bookings.atTheBank(booking)).toEqual([]);
});

test('somebody who cancels because of a change gets a person where the fare alone would give less than the price', async () => {
  const booking = await bookings.book();
  change(booking, { minutes: 300 });
  await noticed(booking);
  await bookings.cancel(booking);
  await until(
    'a person',
    async () => (await bookings.cancellation(booking))?.error_code === 'airline_change_open',
  );
  expect(bookings.truth(booking)).toEqual({ order: 'confirmed', confirmed: 0, refunds: [] });
});

test('calendars follow: a moved flight keeps its entry under a higher number', async () => {
  const booking = await bookings.book();
  const entry = (subject: RegExp) =>
    until('the calendar file', async () => {
      const [file] =
        (mails(booking, subject)[0] as unknown as { attachments?: { content: string }[] })?.attachments ?? [];
      return file && Buffer.from(file.content, 'base64').toString().replaceAll('\r\n ', '');
    });
  const of = (text: string, name: string) => new RegExp(`^${name}:(.*)$`, 'm').exec(text)?.[1]?.trim();
  const before = await entry(/^Booked/);
  change(booking, { minutes: 20 });
  const after = await entry(/^Flights changed/);
  expect(of(after, 'UID')).toBe(of(before, 'UID'));
  expect([of(before, 'SEQUENCE'), of(after, 'SEQUENCE')]).toEqual(['0', '1']);
  expect(of(after, 'DTSTART')).not.toBe(of(before, 'DTSTART'));
});
