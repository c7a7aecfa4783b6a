import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createCancelledBookings } from '../support/cancelled-bookings.ts';
import { inDays } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectOneTicket, ledgerOf } from '../support/ledger.ts';
import { mailTo } from '../support/mail.ts';
import { until } from '../support/until.ts';
import { fault } from '../support/vendor-errors.ts';

/** Vendors whose lists and reads lag behind what they made, and whose tickets come late and in any order. */
const LAG = { listLagMs: 1_000, readLagMs: 400, ticketsLateMs: 300 };
let harness: Harness;
beforeAll(async () => {
  // Within the lookups of the harness, as hours are within those of production.
  harness = await createHarness({
    sandbox: LAG,
    saga: { paymentLookupMs: 3_000 },
  });
});
afterAll(() => harness.stop());
afterEach(async () => {
  await harness.endWatching();
  const { sandbox } = harness;
  sandbox.webhooks.copies = 1;
  sandbox.stripe.payments.intents.clear();
  sandbox.duffel.orders.all.clear();
  sandbox.world.calls.length = 0;
  Object.assign(sandbox.world.settings, LAG);
});

const bookings = createCancelledBookings(() => harness);
const price = () =>
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });

test('two travellers: the booking and its mail name each ticket with its own traveller, and no other document', async () => {
  price();
  const email = 'two@traveller.example';
  const user = await harness.user(undefined, { email });
  const travelerIds = [
    await user.traveler({ givenName: 'Annabella', bornOn: '1985-05-05' }),
    await user.traveler({ givenName: 'Byron', bornOn: inDays(-365 * 9) }),
  ];
  const { id } = await user.trip({ travelerIds });
  const { booking } = await user.reaches(id, 'BOOKED');
  const [order] = harness.sandbox.duffel.orders.all.values();
  const ticketOf = (name: string) => {
    const passenger = order?.passengers.find(({ given_name }) => given_name === name);
    const own = order?.documents.filter(
      ({ type, passenger_ids }) => type === 'electronic_ticket' && passenger_ids[0] === passenger?.id,
    );
    return own?.[0]?.unique_identifier ?? '';
  };
  const tickets = [ticketOf('Annabella'), ticketOf('Byron')];
  // The airline issued the child's first, and a document for services before it.
  expect(order?.documents.map(({ unique_identifier }) => unique_identifier).slice(1)).toEqual(
    tickets.toReversed(),
  );
  expect(booking?.ticketNumbers).toEqual(tickets);
  const mail = await until('the mail', async () => mailTo(harness.sandbox, email)[0]);
  expect(mail.text).toMatch(new RegExp(`Annabella[^\\n]*\\s+Ticket ${tickets[0]}\\s`));
  expect(mail.text).toMatch(new RegExp(`Byron[^\\n]*\\s+Ticket ${tickets[1]}\\s`));
});

test.each([1, 0])(
  'the answer to create-order is lost, with %i webhooks: the order is found once it is listed, and one is made',
  async (copies) => {
    price();
    harness.sandbox.webhooks.copies = copies;
    harness.sandbox.faults.add(fault({ target: 'duffel.orders.create', fault: 'lost_answer' }));
    const user = await harness.user();
    const { id } = await user.trip();
    await user.reaches(id, 'BOOKED');
    expectOneTicket(harness.sandbox);
    expect(callsTo(harness.sandbox, 'duffel.orders.create')).toBe(1);
  },
);

test('the answer to an authorization is lost: it is found once it is listed, and no second is made', async () => {
  price();
  harness.sandbox.webhooks.copies = 0;
  // The SDK repeats the call under its key; all answers are lost.
  harness.sandbox.faults.add(
    fault({ target: 'stripe.payment_intents.create', fault: 'lost_answer', times: 3 }),
  );
  const user = await harness.user();
  const { id } = await user.trip();
  await user.reaches(id, 'BOOKED');
  expectOneTicket(harness.sandbox);
  expect(ledgerOf(harness.sandbox).paymentIntents).toHaveLength(1);
});

test('the answers to a partial refund are lost: it is found once it is listed, and asked for once', async () => {
  const booking = await bookings.book();
  harness.sandbox.webhooks.copies = 0;
  harness.sandbox.faults.add(fault({ target: 'stripe.refunds.create', fault: 'lost_answer', times: 3 }));
  await bookings.cancel(booking);
  await bookings.reaches(booking, 'REFUNDED');
  expect(bookings.truth(booking)).toEqual({ order: 'cancelled', confirmed: 1, refunds: [34_900] });
});

test('the airline issues no ticket for more than ten minutes: booked without numbers, for the order is paid and live', async () => {
  price();
  harness.sandbox.world.settings.ticketsLateMs = 3_600_000;
  const user = await harness.user();
  const { id } = await user.trip();
  await until('the capture', async () => ledgerOf(harness.sandbox).paymentIntents[0]?.amountCaptured);
  expect((await user.read(id)).status).toBe('BOOKING');
  await harness.database.query(
    `update booking_steps set intended_at = intended_at - interval '11 minutes' where step = 'capture'`,
  );
  const { booking } = await user.reaches(id, 'BOOKED');
  expect(booking?.ticketNumbers).toEqual([]);
});

test('a booking whose flight has left: it is not cancelled, and the traveller reads whom to ask', async () => {
  const booking = await bookings.book();
  const order = harness.sandbox.duffel.orders.all.get(booking.orderId);
  const first = order?.slices[0]?.segments[0];
  if (!first) throw new Error('no flight');
  first.departing_at = new Date(Date.now() - 48 * 3_600_000).toISOString().slice(0, 19);
  await bookings.cancel(booking);
  await bookings.expectMail(booking, /does not let this booking be cancelled online/);
  expect(bookings.truth(booking)).toEqual({ order: 'confirmed', confirmed: 0, refunds: [] });
  expect(await bookings.status(booking)).toBe('CONFIRMED');
});
