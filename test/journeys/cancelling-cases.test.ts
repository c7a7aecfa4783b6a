import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Booked, CONFIRM, createCancelledBookings, REFUND } from '../support/cancelled-bookings.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { until } from '../support/until.ts';
import { duffelError, stripeError } from '../support/vendor-errors.ts';

/** Everything that an airline or a bank may answer to a cancellation, against the whole of Parker. */
let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.stop());
afterEach(async () => {
  harness.sandbox.stripe.payments.refundDesk.setBalance('enough');
  await harness.endWatching();
});

const bookings = createCancelledBookings(() => harness);
const terms = ({ orderId }: Booked, said: Parameters<typeof harness.sandbox.duffel.orders.terms.set>[1]) =>
  harness.sandbox.duffel.orders.terms.set(orderId, said);
const money = () => harness.sandbox.stripe.payments.refundDesk;

interface Case {
  readonly name: string;
  arrange(booking: Booked): void;
  /** What happens once the cancellation is under way. */
  meanwhile?(booking: Booked): Promise<void>;
  readonly booking: 'CONFIRMED' | 'CANCELLED' | 'REFUNDED';
  readonly cancellation: string;
  readonly errorCode?: string;
  readonly order: 'confirmed' | 'cancelled';
  readonly refunds: readonly number[];
  readonly keys?: number;
  readonly mail: RegExp;
}

const CANCELLED = { booking: 'REFUNDED', cancellation: 'DONE', order: 'cancelled' } as const;
const LEFT_AS_IT_IS = { booking: 'CONFIRMED', order: 'confirmed', refunds: [] } as const;
const WITH_A_PERSON = {
  booking: 'CANCELLED',
  cancellation: 'NEEDS_HUMAN',
  order: 'cancelled',
  refunds: [],
} as const;

const CASES: readonly Case[] = [
  {
    name: 'the airline keeps a part → exactly the rest is refunded',
    arrange: () => undefined,
    ...CANCELLED,
    refunds: [34_900],
    keys: 1,
    mail: /refund of 349\.00 GBP .* was requested/,
  },
  {
    name: 'a 500 is stored under the refund’s key → refunded once, under a new key',
    arrange: () =>
      harness.sandbox.faults.add({ ...stripeError(REFUND, 500, { type: 'api_error' }), times: 3 }),
    ...CANCELLED,
    refunds: [34_900],
    keys: 2,
    mail: /refund of 349\.00 GBP .* was requested/,
  },
  {
    name: 'the quote went stale → quoted and confirmed again',
    arrange: () =>
      harness.sandbox.faults.add(
        duffelError(CONFIRM, 422, 'invalid_state_error', 'order_cancellation_stale'),
      ),
    ...CANCELLED,
    refunds: [34_900],
    mail: /refund of 349\.00 GBP .* was requested/,
  },
  {
    name: 'the quote expired before it was confirmed → quoted and confirmed again',
    arrange: (booking) => terms(booking, { quoteTtlMs: -1 }),
    meanwhile: async (booking) => {
      await until('a refused confirmation', async () =>
        harness.sandbox.world.calls.some(({ target, status }) => target === CONFIRM && status === 422),
      );
      terms(booking, {});
    },
    ...CANCELLED,
    refunds: [34_900],
    mail: /refund of 349\.00 GBP .* was requested/,
  },
  {
    name: 'the order reads as live for a while after the confirmation → waited for, cancelled once',
    arrange: (booking) => terms(booking, { readsLiveMs: 2_500 }),
    ...CANCELLED,
    refunds: [34_900],
    keys: 1,
    mail: /refund of 349\.00 GBP .* was requested/,
  },
  {
    name: 'the quote names no amount → nothing is cancelled, and a person decides: unknown is not zero',
    arrange: (booking) => terms(booking, { refund_amount: null }),
    ...LEFT_AS_IT_IS,
    cancellation: 'NEEDS_HUMAN',
    errorCode: 'refund_unknown',
    mail: /not certain whether the ticket is still valid/,
  },
  {
    name: 'the cancelled order names no amount → no refund is made up, and a person finds out',
    arrange: (booking) => terms(booking, { confirmed_refund_amount: null }),
    ...WITH_A_PERSON,
    errorCode: 'refund_unknown',
    mail: /what comes back is being looked into/,
  },
  {
    name: 'the airline would give another currency back → nothing is cancelled, and a person decides',
    arrange: (booking) => terms(booking, { refund_currency: 'EUR' }),
    ...LEFT_AS_IT_IS,
    cancellation: 'NEEDS_HUMAN',
    errorCode: 'refund_currency',
    mail: /not certain whether the ticket is still valid/,
  },
  {
    name: 'the airline gives airline credits → the booking is left as it is, and the mail names the credits',
    arrange: (booking) => terms(booking, { refund_to: 'airline_credits' }),
    ...LEFT_AS_IT_IS,
    cancellation: 'REFUSED',
    errorCode: 'refunded_in_credits',
    mail: /no money back, but airline credits of 349\.00 GBP/,
  },
  {
    name: 'the airline gives a voucher → the booking is left as it is, and the mail names the voucher',
    arrange: (booking) => terms(booking, { refund_to: 'voucher' }),
    ...LEFT_AS_IT_IS,
    cancellation: 'REFUSED',
    errorCode: 'refunded_in_credits',
    mail: /no money back, but a voucher of 349\.00 GBP/,
  },
  {
    name: 'the airline would refund to a card → nothing is cancelled, and a person decides',
    arrange: (booking) => terms(booking, { refund_to: 'card' }),
    ...LEFT_AS_IT_IS,
    cancellation: 'NEEDS_HUMAN',
    errorCode: 'refund_elsewhere',
    mail: /not certain whether the ticket is still valid/,
  },
  {
    name: 'Stripe refuses the refund for lack of balance → asked again later under a new key, without a person',
    arrange: () => money().setBalance('refuses'),
    meanwhile: async (booking) => {
      await until('the refusal', async () => (await bookings.refunds(booking))[0]?.status === 'failed');
      money().setBalance('enough');
    },
    ...CANCELLED,
    refunds: [34_900],
    keys: 2,
    mail: /refund of 349\.00 GBP .* was requested/,
  },
  {
    name: 'Stripe keeps the refund pending → the booking is cancelled and not refunded, until the bank confirms',
    arrange: () => money().setBalance('pends'),
    meanwhile: async (booking) => {
      await bookings.reaches(booking, 'CANCELLED');
      await bookings.expectMail(booking, /A refund of 349\.00 GBP to your card was requested/);
      money().setBalance('enough');
    },
    ...CANCELLED,
    refunds: [34_900],
    keys: 1,
    mail: /confirmed the refund: 349\.00 GBP goes back/,
  },
  {
    name: 'Stripe says that the payment is disputed → the refund is a person’s, and is asked for once',
    arrange: () =>
      harness.sandbox.faults.add({
        ...stripeError(REFUND, 400, { type: 'invalid_request_error', code: 'charge_disputed' }),
        times: 9,
      }),
    ...WITH_A_PERSON,
    errorCode: 'charge_disputed',
    keys: 1,
    mail: /349\.00 GBP to your card did not go through/,
  },
];

describe('cancelling a booking', () => {
  test.each(CASES)('$name', async (one) => {
    const booking = await bookings.book();
    one.arrange(booking);
    expect(await bookings.cancel(booking)).toBe(202);
    await one.meanwhile?.(booking);
    await until(`the cancellation to be ${one.cancellation}`, async () => {
      const row = await bookings.cancellation(booking);
      return row?.status === one.cancellation && (await bookings.status(booking)) === one.booking;
    });
    await bookings.expectMail(booking, one.mail);
    expect(bookings.mails(booking, /(^|\D)0\.00/)).toEqual([]);
    const { order, refunds } = bookings.truth(booking);
    expect({ order, refunds }).toEqual({ order: one.order, refunds: one.refunds });
    expect((await bookings.cancellation(booking))?.error_code ?? undefined).toBe(one.errorCode);
    if (one.keys !== undefined) expect(new Set(bookings.refundKeys(booking)).size).toBe(one.keys);
    // A person is called exactly when a person is needed.
    if (one.cancellation === 'NEEDS_HUMAN')
      await until('the alert', async () => bookings.alerts(booking).length > 0);
    expect(bookings.alerts(booking)).toHaveLength(one.cancellation === 'NEEDS_HUMAN' ? 1 : 0);
    // Each refund that the bank has is stored, as it stands there.
    const stored = (await bookings.refunds(booking)).filter(({ named }) => named);
    expect(stored.map(({ status, amount }) => [status, amount])).toEqual(
      bookings.atTheBank(booking).map(({ status, amount }) => [status, amount]),
    );
  });

  test('while the bank refuses the refund, trip, list and page say that the ticket is gone', async () => {
    const booking = await bookings.book();
    const { user, tripId } = booking;
    money().setBalance('refuses');
    await bookings.cancel(booking);
    await until('the refusal', async () => (await bookings.refunds(booking))[0]?.status === 'failed');
    const words =
      /^You cancelled this booking\. Your ticket is no longer valid\. A refund of 349\.00 GBP .* is under way/;
    const trip = await user.read(tripId);
    expect([trip.status, trip.outcome.code, trip.outcome.message]).toEqual([
      'CANCELLED',
      'booking_cancelled',
      expect.stringMatching(words),
    ]);
    const [listed] = (await user.call('GET', '/api/trips')).body.data;
    expect([listed.status, listed.outcome.message]).toEqual(['CANCELLED', expect.stringMatching(words)]);
    expect(bookings.mails(booking, /cancelled/i)).toEqual([]);
    money().setBalance('enough');
    await bookings.reaches(booking, 'REFUNDED');
    expect((await user.read(tripId)).outcome.message).toMatch(/A refund of 349\.00 GBP .* was requested/);
  });
});
