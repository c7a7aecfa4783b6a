import { expect } from 'vitest';
import type { Client } from './client.ts';
import type { Harness } from './harness.ts';
import { cancellationOf, ledgerOf, penalise } from './ledger.ts';
import { mailTo } from './mail.ts';
import { until } from './until.ts';

/** A booked trip of a user of its own. */
export interface Booked {
  readonly user: Client;
  readonly email: string;
  readonly tripId: string;
  readonly bookingId: string;
  readonly orderId: string;
  readonly paymentIntentId: string;
}

export const REFUND = 'stripe.refunds.create';
export const CONFIRM = 'duffel.order_cancellations.confirm';

/** Bookings of 399.00 GBP that are cancelled, and what is true of them afterwards. */
export function createCancelledBookings(harness: () => Harness) {
  let users = 0;
  const query = <T extends object>(sql: string, id: string) => harness().database.query<T>(sql, [id]);

  /** @param options.whole unless true the airline keeps 50.00 GBP, so that a second refund would be possible, and seen */
  async function book(options: { card?: string; whole?: boolean } = {}): Promise<Booked> {
    users += 1;
    const { sandbox } = harness();
    sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
    const email = `cancelled-${users}@traveller.example`;
    const user = await harness().user(undefined, { email });
    const { id: tripId } = await user.trip({ origin: 'LHR', destination: 'JFK' }, options.card);
    const { booking } = await user.reaches(tripId, 'BOOKED');
    const { id: bookingId = '', orderId = '' } = booking ?? {};
    if (!options.whole) penalise(sandbox, orderId);
    const paid = ledgerOf(sandbox).paymentIntents.find(({ metadata }) => metadata.trip_id === tripId);
    return { user, email, tripId, bookingId, orderId, paymentIntentId: paid?.id ?? '' };
  }

  const cancel = async ({ user, bookingId }: Booked): Promise<number> =>
    (await user.call('POST', `/api/bookings/${bookingId}/cancel`)).status;
  const status = async ({ user, bookingId }: Booked): Promise<string> =>
    (await user.call('GET', `/api/bookings/${bookingId}`)).body.status;
  const mails = ({ email }: Booked, text: RegExp) =>
    mailTo(harness().sandbox, email).filter((mail) => text.test(`${mail.subject} ${mail.text}`));
  const cancellation = async ({ bookingId }: Booked) =>
    (
      await query<{ status: string; step: string; error_code: string | null }>(
        'select status, step, error_code from cancellations where booking_id = $1 order by number desc limit 1',
        bookingId,
      )
    )[0];
  /** The stored refunds, oldest first. */
  const refunds = ({ tripId }: Booked) =>
    query<{
      status: string;
      amount: number;
      failure_reason: string | null;
      resolved: boolean;
      named: boolean;
    }>(
      `select status, amount_minor::int as amount, failure_reason, resolved_at is not null as resolved,
         provider_refund_id is not null as named
       from refunds where trip_id = $1 order by requested_at, id`,
      tripId,
    );
  /** The refunds that truly are at the bank, oldest first. */
  const atTheBank = ({ paymentIntentId }: Booked) =>
    harness().sandbox.stripe.payments.refunds.filter((one) => one.payment_intent === paymentIntentId);

  return {
    book,
    cancel,
    status,
    mails,
    cancellation,
    refunds,
    atTheBank,
    truth: ({ orderId }: Booked) => cancellationOf(harness().sandbox, orderId),
    reaches: (booking: Booked, wanted: string) =>
      until(`the booking to be ${wanted}`, async () => (await status(booking)) === wanted),
    alerts: ({ tripId }: Booked) =>
      harness().sandbox.intake.alerts.filter(({ body }) => JSON.stringify(body).includes(tripId)),
    audited: async ({ user, tripId }: Booked, type: string): Promise<number> =>
      (await user.timeline(tripId)).filter((entry) => entry.type === type).length,
    /** The keys of this payment's refund calls, in order. */
    refundKeys: ({ orderId }: Booked): string[] => {
      const attempt = ledgerOf(harness().sandbox).orders.find(({ id }) => id === orderId)?.metadata
        .attempt_id;
      return harness()
        .sandbox.world.calls.filter(
          ({ target, idempotencyKey }) => target === REFUND && idempotencyKey?.startsWith(attempt ?? '-'),
        )
        .map(({ idempotencyKey }) => idempotencyKey as string);
    },
    async expectMail(booking: Booked, text: RegExp): Promise<void> {
      await until(`mail ${text}`, async () => mails(booking, text).length > 0);
      expect(mails(booking, text)).toHaveLength(1);
    },
  };
}
