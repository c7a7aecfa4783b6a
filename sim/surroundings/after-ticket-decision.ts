import type { CaseView } from '../../src/services/cases/view.ts';
import { backOf } from '../after-ticket/ledger.ts';
import type { Chance } from '../chance.ts';
import { airlineMinor, cardMinor, stripeMinor } from '../ledger-money.ts';
import { paidElsewhereOf } from '../memory/paid-elsewhere.ts';
import type { BookingRow, Tables } from '../memory/tables.ts';
import type { Vendors } from '../vendors/vendors.ts';
import { type Decision, isCancelled } from './decision.ts';

interface World {
  readonly tables: Tables;
  readonly vendors: Vendors;
}

/** Disputes that give the cardholder nothing from us. */
const HARMLESS = new Set(['won', 'warning_closed']);

/** What a person decides about a cancellation who has asked the airline and the bank. */
export function aboutCancellation({ tables, vendors }: World, view: CaseView, chance: Chance): Decision {
  const booking = [...tables.bookings.values()].find(({ attemptId }) => attemptId === view.attemptId);
  const order = booking && vendors.orders.all.get(booking.orderId);
  if (!booking || !order) return { action: 'retry', statement: {} };
  if (!order.cancelled_at && isCancelled(vendors, order)) return { action: 'retry', statement: {} };
  if (!order.cancelled_at)
    return { action: chance.hits(0.7) ? 'retry' : 'close', statement: { orderId: order.id } };
  const { refund_amount: back = null, refund_currency: currency } = order.cancellation ?? {};
  const owed = back !== null && currency === booking.price.currency ? airlineMinor(back) : null;
  if (owed !== null && !isDisputed(vendors, booking.paymentIntentId) && chance.hits(0.4))
    return { action: chance.pick(['retry', 'close']), statement: {} };
  return { action: 'refund', statement: { amountMinor: due({ tables, vendors }, booking, owed, chance) } };
}

/** What is unknown is agreed with the airline. Of a disputed payment nothing more is refunded: the bank has the money. */
function due({ tables, vendors }: World, booking: BookingRow, owed: number | null, chance: Chance): number {
  const { aliveMinor } = backOf(vendors, booking.paymentIntentId);
  const back = aliveMinor + paidElsewhereOf(tables, booking.attemptId);
  const { minor } = booking.price;
  if (isDisputed(vendors, booking.paymentIntentId)) return back;
  return Math.max(
    back,
    cardMinor(
      Math.min(minor, owed ?? chance.pick([0, Math.floor(minor / 2), minor])),
      booking.price.currency,
    ),
  );
}

const isDisputed = ({ payments }: Vendors, intentId: string): boolean =>
  payments.disputes.all.some(
    ({ payment_intent, status }) => payment_intent === intentId && !HARMLESS.has(status),
  );

/** A refund that failed is asked for again, or paid in another way; one that others made good is closed. */
export function aboutRefund({ tables, vendors }: World, view: CaseView, chance: Chance): Decision {
  const attempt = tables.attempts.get(view.attemptId ?? '');
  const intent = vendors.payments.intents.get(attempt?.paymentIntentId ?? '');
  const kept = intent
    ? stripeMinor(intent.amount_received, intent.currency) - backOf(vendors, intent.id).aliveMinor
    : 0;
  if (kept <= 0 || chance.hits(0.2)) return { action: 'close', statement: {} };
  // The bank takes no refund of what is disputed.
  return intent && !isDisputed(vendors, intent.id) && chance.hits(0.6)
    ? { action: 'refund', statement: {} }
    : { action: 'close', statement: { paidElsewhere: true } };
}

/** A dispute is left to be lost, unless the bank is waited for. */
export const aboutDispute = (chance: Chance): Decision | null =>
  chance.hits(0.5) ? { action: 'close', statement: { acceptLoss: true } } : null;
