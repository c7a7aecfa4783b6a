import type { Dispute } from '../../sandbox/stripe/types.ts';
import type { Booking } from '../../src/ports/storage/bookings.ts';
import { viewCancellation } from '../../src/services/bookings/cancellation-view.ts';
import { demand } from '../breach.ts';
import { stripeMinor } from '../ledger-money.ts';
import type { BookingRow, Tables } from '../memory/tables.ts';
import type { Vendors } from '../vendors/vendors.ts';
import { decidedByPerson, owedOf } from './decided-checks.ts';
import { backOf } from './ledger.ts';

interface World {
  readonly tables: Tables;
  readonly vendors: Vendors;
}

/** R1: never more is on its way back than was charged, nor than the airline gave back of a booking. */
export function neverTooMuchBack({ tables, vendors }: World): void {
  for (const { id, amount_received, currency } of vendors.payments.intents.values()) {
    const { aliveMinor } = backOf(vendors, id);
    if (aliveMinor === 0) continue;
    const charged = stripeMinor(amount_received, currency);
    demand(aliveMinor <= charged, 'R1', () => `${aliveMinor} of ${charged} goes back`);
    const booking = [...tables.bookings.values()].find(({ paymentIntentId }) => paymentIntentId === id);
    if (!booking || decidedByPerson(tables, booking)) continue;
    const owed = owedOf({ tables, vendors }, booking);
    demand(aliveMinor <= owed, 'R1', () => `${aliveMinor} goes back, the airline gave back ${owed}`);
  }
}

/** Whether what the vendors say has yet to be heard of: no run ends before. */
export function unheardOf({ tables, vendors }: World): boolean {
  const attempts = [...tables.attempts.values()];
  const ours = (intentId: string) => attempts.some(({ paymentIntentId }) => paymentIntentId === intentId);
  const stored = new Map([...tables.refunds.values()].map((row) => [row.providerRefundId, row.status]));
  for (const { id, payment_intent, status } of vendors.payments.refunds)
    if (stored.get(id) !== status && ours(payment_intent)) return true;
  for (const { id, payment_intent, status } of vendors.payments.disputes.all)
    if (tables.disputes.get(id)?.status !== status && ours(payment_intent)) return true;
  return [...tables.refunds.values()].some(({ status }) => UNDER_WAY.has(status));
}

const UNDER_WAY = new Set(['requested', 'pending', 'requires_action']);

/** R2–R6, once nothing moves any more and all that the vendors say was heard. */
export function afterTicketAtRest(world: World): void {
  const { tables } = world;
  for (const booking of tables.bookings.values()) {
    shownTruly(world, booking);
    madeGoodOrCalled(world, booking);
  }
  for (const dispute of world.vendors.payments.disputes.all) disputeHeard(world, dispute);
}

const newestCancellation = ({ cancellations }: Tables, bookingId: string) =>
  [...cancellations.values()].findLast((row) => row.bookingId === bookingId);

/** R2: the traveller is shown what the bank and the airline say; R6: an unknown amount is shown as unknown. */
function shownTruly({ tables, vendors }: World, booking: BookingRow): void {
  const cancellation = newestCancellation(tables, booking.id);
  if (!cancellation) return;
  const rows = [...tables.refunds.values()].filter(({ bookingId }) => bookingId === booking.id);
  const view = viewCancellation({
    ...booking,
    cancellation: {
      ...cancellation,
      requestedAt: new Date(cancellation.requestedAt),
      finishedAt: null,
      refusal: null,
    },
    refunds: rows.map(({ amount, status, requestedAt, settledAt, resolvedAt }) => ({
      amount,
      status,
      requestedAt: new Date(requestedAt),
      settledAt: settledAt === null ? null : new Date(settledAt),
      resolvedAt: resolvedAt === null ? null : new Date(resolvedAt),
    })),
  } as unknown as Booking);
  const { refund, refunds = [] } = view ?? {};
  const { arrivedMinor } = backOf(vendors, booking.paymentIntentId);
  rows.forEach(({ providerRefundId }, index) => {
    const made = vendors.payments.refunds.find(({ id }) => id === providerRefundId);
    const shown = refunds[index]?.status;
    demand(
      (shown === 'arrived') === (made?.status === 'succeeded'),
      'R2',
      () => `the bank says ${made?.status} of a refund that is shown as ${shown}`,
    );
  });
  if (booking.status !== 'CONFIRMED')
    demand(
      booking.refundedMinor === arrivedMinor,
      'R2',
      () => `the booking shows ${booking.refundedMinor} as refunded, the bank ${arrivedMinor}`,
    );
  const gone = vendors.orders.all.get(booking.orderId)?.cancelled_at;
  if (!gone || booking.status === 'CONFIRMED') return;
  const owed = owedOf({ tables, vendors }, booking);
  const unknown = Number.isNaN(owed);
  if (unknown) {
    demand(
      refund?.amount === null && refund.status === 'unknown',
      'R6',
      () => `it is unknown what comes back, and ${refund?.amount?.amount} is shown as ${refund?.status}`,
    );
    return;
  }
  demand(
    refund?.status !== 'arrived' || arrivedMinor >= owed,
    'R2',
    () => `${arrivedMinor} of ${owed} arrived, and all of it is shown as arrived`,
  );
}

/** R3: what the airline gave back is with the traveller, or a person was called. */
function madeGoodOrCalled({ tables, vendors }: World, booking: BookingRow): void {
  const cancellation = newestCancellation(tables, booking.id);
  if (!cancellation || cancellation.status === 'REFUSED') return;
  const { arrivedMinor } = backOf(vendors, booking.paymentIntentId);
  const refunds = vendors.payments.refunds.filter(
    ({ payment_intent }) => payment_intent === booking.paymentIntentId,
  );
  const called = [...tables.notifications.values()].some(
    ({ kind, dedupeKey }) =>
      kind === 'ops_alert' &&
      (dedupeKey.startsWith(`ops_alert:${cancellation.id}:`) ||
        refunds.some(({ id }) => dedupeKey === `ops_alert:refund:${id}`)) &&
      !dedupeKey.endsWith(':stuck'),
  );
  demand(
    arrivedMinor >= owedOf({ tables, vendors }, booking) || called,
    'R3',
    () =>
      `${arrivedMinor} of ${owedOf({ tables, vendors }, booking)} is with the traveller, and no person was called`,
  );
}

/** A lost webhook is made up for by the list of disputes and the hourly look, within so long. */
const HEARD_WITHIN_MS = 2 * 3_600_000;
const LAST_HOURS_MS = 6 * 3_600_000;

/** R5: every dispute is on the books as the bank has it, and ops heard of it, of its end, and of its last hours. */
function disputeHeard({ tables, vendors }: World, dispute: Dispute): void {
  const { id, payment_intent, status, created, evidence_details } = dispute;
  const owner = [...tables.attempts.values()].find(
    ({ paymentIntentId }) => paymentIntentId === payment_intent,
  );
  if (!owner) return;
  const stored = tables.disputes.get(id);
  demand(stored?.status === status, 'R5', () => `a dispute is ${status}, and shown as ${stored?.status}`);
  demand(
    stored?.closed === OVER.has(status),
    'R5',
    () => `a dispute that is ${status} is shown as ${stored?.closed ? 'over' : 'open'}`,
  );
  const alerts = [...tables.notifications.values()].filter(({ dedupeKey }) =>
    dedupeKey.startsWith(`ops_alert:dispute:${id}:`),
  );
  const late = (alerts[0]?.createdAt ?? Number.POSITIVE_INFINITY) - created * 1_000;
  demand(late <= HEARD_WITHIN_MS, 'R5', () => `ops heard of a dispute after ${late} ms`);
  const alerted = alerts.some(({ dedupeKey }) => dedupeKey === `ops_alert:dispute:${id}:${status}`);
  demand(alerted, 'R5', () => `a dispute is ${status}, and no alert says so`);
  const due = evidence_details.due_by * 1_000;
  const passed = due > 0 && due - LAST_HOURS_MS + HEARD_WITHIN_MS < vendors.world.now();
  if (OVER.has(status) || !passed) return;
  const warned = alerts.some(({ data }) => String(data.message).startsWith('LAST HOURS.'));
  demand(
    warned,
    'R5',
    () => 'the evidence for a dispute is due, and no alert said that these are the last hours',
  );
}

const OVER = new Set(['won', 'lost', 'warning_closed', 'prevented']);
