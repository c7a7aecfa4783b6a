import { demand } from '../breach.ts';
import { airlineMinor, majorText } from '../ledger-money.ts';
import type { BookingRow, NotificationRow, Tables } from '../memory/tables.ts';
import type { Vendors } from '../vendors/vendors.ts';
import { decidedByPerson, owedOf } from './decided-checks.ts';
import type { Moment, RefundLedger } from './ledger.ts';

/** Longer than reading a vendor and writing what it said takes, unless the worker was stopped in between. */
const READ_MS = 90_000;

interface Said {
  readonly tables: Tables;
  readonly vendors: Vendors;
  readonly ledger: RefundLedger;
}

type Check = (said: Said, mail: NotificationRow, booking: BookingRow) => void;

/** R4: what a mail says of money was true when it was written, or a moment before; R6: unknown is not said as nothing. */
export function checkMail(said: Said, mail: NotificationRow): void {
  const booking = mail.tripId ? said.tables.bookings.get(mail.tripId) : undefined;
  if (booking) CHECKS[mail.kind]?.(said, mail, booking);
}

const messageOf = ({ data }: NotificationRow): string => String(data.message ?? '');

function demandOnce(
  { ledger }: Said,
  { createdAt, ...mail }: NotificationRow,
  booking: BookingRow,
  isTrue: (moment: Moment) => boolean,
): void {
  const moments = ledger.since(booking.paymentIntentId, createdAt - READ_MS);
  const stood = () =>
    moments.map(({ arrivedMinor, aliveMinor }) => `${arrivedMinor}/${aliveMinor}`).join(', ');
  demand(
    moments.some(isTrue),
    'R4',
    () =>
      `a mail says: ${messageOf({ createdAt, ...mail })}, and the bank has refunded (or is about to) ${stood()}`,
  );
}

const CHECKS: Partial<Record<NotificationRow['kind'], Check>> = {
  booking_cancelled(said, mail, booking) {
    const message = messageOf(mail);
    const { amount } = (mail.data.refunded ?? {}) as { amount?: string };
    const minor = airlineMinor(amount ?? 'unknown');
    const pending = message.includes('has not confirmed');
    demandOnce(said, mail, booking, ({ arrivedMinor, aliveMinor }) =>
      pending ? aliveMinor === minor && arrivedMinor < minor : arrivedMinor === minor,
    );
    if (decidedByPerson(said.tables, booking)) return;
    const order = said.vendors.orders.all.get(booking.orderId);
    demand(
      order?.cancellation?.refund_amount != null,
      'R6',
      () => `it is unknown what comes back, and a mail says: ${message}`,
    );
  },
  cancellation_refused(said, mail, booking) {
    if (mail.data.code !== 'order_not_refundable') return;
    const quotes = said.vendors.orders.cancellations.filter(({ order_id }) => order_id === booking.orderId);
    const nothing = quotes.some(({ refund_amount: amount }) => amount !== null && airlineMinor(amount) === 0);
    demand(nothing, 'R6', () => `the airline never quoted nothing, and a mail says: ${messageOf(mail)}`);
  },
  cancellation_delayed(said, mail, booking) {
    const [, text] = /A refund of (.+?) to your card did not go through/.exec(messageOf(mail)) ?? [];
    if (!text) return;
    const owed = owedOf(said, booking);
    demandOnce(said, mail, booking, ({ arrivedMinor }) => text === textOf(booking, owed - arrivedMinor));
    demand(!/^0(\.0+)? /.test(text), 'R6', () => `a mail says: ${messageOf(mail)}`);
  },
  refund_update(said, mail, booking) {
    const message = messageOf(mail);
    const [, back] = /: (.+?) goes back to your card/.exec(message) ?? [];
    const [, missing] = /: (.+?) did not reach your card/.exec(message) ?? [];
    const owed = owedOf(said, booking);
    demand(Boolean(back ?? missing), 'R4', () => `a mail without an amount: ${message}`);
    demandOnce(said, mail, booking, ({ arrivedMinor, aliveMinor }) =>
      back ? back === textOf(booking, arrivedMinor) : missing === textOf(booking, owed - aliveMinor),
    );
  },
};

const textOf = ({ price }: BookingRow, minor: number): string => majorText(minor, price.currency);
