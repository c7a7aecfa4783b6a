import type { PaymentIntent } from '../sandbox/stripe/types.ts';
import type { Money } from '../src/domain/money.ts';
import { decidedByPerson, decidedTruly } from './after-ticket/decided-checks.ts';
import { demand } from './breach.ts';
import { airlineMinor, cardMinor, majorText, stripeMinor } from './ledger-money.ts';
import type { BookingRow, NotificationRow, Tables } from './memory/tables.ts';
import type { Vendors } from './vendors/vendors.ts';

interface World {
  readonly tables: Tables;
  readonly vendors: Vendors;
  /** The airline made two orders of one request; no care of ours prevents that. */
  readonly vendorMadeTwo: () => boolean;
  /** What the traveller had agreed to when the attempt's authorization was requested. */
  readonly agreedOf: (attemptId: string) => Money | undefined;
}

/** A1–A3 of docs/reliability.md, against the vendors' ledger. Cheap enough to be asked after every event. */
export function alwaysTrue({ tables, vendors, vendorMadeTwo, agreedOf }: World): void {
  const liveByAttempt = new Map<string, number>();
  const liveByTrip = new Map<string, number>();
  for (const order of vendors.orders.all.values()) {
    if (order.cancelled_at || !order.metadata.trip_id || vendors.theirs.has(order.id)) continue;
    const { attempt_id: attempt = '', trip_id: trip = '' } = order.metadata;
    liveByAttempt.set(attempt, (liveByAttempt.get(attempt) ?? 0) + 1);
    liveByTrip.set(trip, (liveByTrip.get(trip) ?? 0) + 1);
  }
  for (const [trip, live] of liveByTrip)
    demand(live <= 1 || vendorMadeTwo(), 'A2', () => `trip ${trip} has ${live} live orders`);
  for (const intent of vendors.payments.intents.values()) {
    if (vendors.theirs.has(intent.id)) continue;
    const { attempt_id: attempt = '', trip_id: trip = '' } = intent.metadata;
    const { minor, currency } = agreedOf(attempt) ?? tables.trip(trip).mandate;
    const held = stripeMinor(intent.amount, intent.currency);
    demand(
      held <= minor && intent.currency === currency.toLowerCase(),
      'A3',
      () => `${held} ${intent.currency} authorized, ${minor} ${currency} agreed`,
    );
    const kept = keptOf(vendors, intent);
    // Between a cancellation at the airline and its refund, and where the fare keeps a fee, there is no order any more.
    const cancelling =
      tables.bookings.get(trip)?.cancelRequestedAt != null || vendors.airlineCancelled.has(trip);
    demand(
      kept <= 0 || liveByAttempt.has(attempt) || cancelling,
      'A1',
      () => `${kept} captured without a live order`,
    );
  }
  for (const order of vendors.orders.all.values()) {
    if (!order.metadata.trip_id || vendors.theirs.has(order.id)) continue;
    const held = [...vendors.payments.intents.values()].find(
      ({ id, metadata, latest_charge }) =>
        metadata.attempt_id === order.metadata.attempt_id && latest_charge && !vendors.theirs.has(id),
    );
    const total = airlineMinor(order.total_amount);
    const covers = held && total <= stripeMinor(held.amount, held.currency);
    demand(
      covers === true && order.total_currency.toLowerCase() === held?.currency,
      'A3',
      () => `an order of ${total} without as much held`,
    );
  }
}

const keptOf = (vendors: Vendors, { id, amount_received, currency }: PaymentIntent): number =>
  stripeMinor(amount_received, currency) - refundedOf(vendors, id);

const refundedOf = ({ payments }: Vendors, intentId: string): number =>
  payments.refunds
    .filter(({ payment_intent, status }) => payment_intent === intentId && status === 'succeeded')
    .reduce((sum, { amount, currency }) => sum + stripeMinor(amount, currency), 0);

/** I1–I7, once nothing moves any more. */
export function trueAtRest(world: World, secrets: readonly string[], spoken: () => string): void {
  const { tables } = world;
  for (const trip of tables.trips.values()) {
    const attempts = tables.attemptsOf(trip.id);
    const stuck = attempts.find(({ status }) => status === 'PENDING');
    demand(!stuck, 'I4', () => `attempt ${stuck?.number} stands at ${stuck?.step}`);
    demand(trip.status !== 'PENDING', 'I4', () => `the trip is still ${trip.status}`);
    const human = attempts.find(({ status }) => status === 'NEEDS_HUMAN');
    if (human) {
      const alert = `ops_alert:${human.id}:${human.errorCode}`;
      demand(tables.notifications.has(alert), 'I4', () => 'a person is needed, and nobody was told');
    } else demand(trip.status !== 'BOOKING', 'I4', () => 'the trip is BOOKING and nobody books it');
    moneyOf(world, trip.id, human !== undefined);
    replay(tables, trip.id);
  }
  const confirmations = [...tables.notifications.values()].filter(({ kind }) => kind === 'booking_confirmed');
  demand(
    confirmations.length === tables.bookings.size,
    'I6',
    () => `${confirmations.length} confirmations for ${tables.bookings.size} bookings`,
  );
  const text = spoken();
  for (const secret of secrets)
    demand(!text.includes(secret), 'A6', () => 'PII in a job, a log or the audit trail');
}

/** What a payer who has the page open could still turn into an authorization. */
const CONFIRMABLE: ReadonlySet<string> = new Set([
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
]);

function moneyOf({ tables, vendors, vendorMadeTwo }: World, tripId: string, human: boolean): void {
  const isOurs = ({ id, metadata }: { id: string; metadata: Record<string, string> }): boolean =>
    metadata.trip_id === tripId && !vendors.theirs.has(id);
  const orders = [...vendors.orders.all.values()].filter(isOurs);
  const intents = [...vendors.payments.intents.values()].filter(isOurs);
  const booking = tables.bookings.get(tripId);
  // A traveller who brings a failed trip back may get a ticket after one that was cancelled.
  const resumed = tables.audits.some(({ tripId: id, type }) => id === tripId && type === 'trip.resumed');
  const dead = orders.filter(({ cancelled_at }) => cancelled_at).length;
  const ever = resumed ? orders.length - dead : orders.length;
  demand(ever <= 1 || vendorMadeTwo(), 'I1', () => `${orders.length} orders were ever made`);
  for (const intent of intents) {
    const refunds = vendors.payments.refunds.filter(
      ({ payment_intent, status }) =>
        payment_intent === intent.id && status !== 'failed' && status !== 'canceled',
    );
    const refunded = refundedOf(vendors, intent.id);
    demand(
      (refunds.length <= 1 || (booking !== undefined && decidedByPerson(tables, booking))) &&
        refunded <= stripeMinor(intent.amount_received, intent.currency),
      'I5',
      () => `${refunds.length} refunds`,
    );
  }
  const byAttempt = new Set<string>();
  for (const { metadata, latest_charge } of intents) {
    if (!latest_charge) continue;
    const attempt = metadata.attempt_id ?? '';
    demand(!byAttempt.has(attempt), 'I6', () => 'one attempt, two authorizations');
    byAttempt.add(attempt);
  }
  if (human) return;
  const { status, outcome } = tables.trip(tripId);
  demand(
    outcome.code !== 'booking_cancelled' || (booking !== undefined && booking.status !== 'CONFIRMED'),
    'C3',
    () => `the trip is ${status}/${outcome.code}, and its booking ${booking?.status}`,
  );
  if (booking && cancelledTruly(tables, booking)) {
    afterCancelling({ tables, vendors }, booking);
    return;
  }
  const open = intents.find(({ status }) => CONFIRMABLE.has(status));
  demand(!open, 'I3', () => `an authorization could still be confirmed: ${open?.status}`);
  const held = intents.filter(({ status }) => status === 'requires_capture');
  demand(held.length === 0, 'I3', () => `${held.length} authorizations are still held`);
  // One that a person was called for is accounted for: it is neither booked nor forgotten.
  const live = orders.filter(
    ({ id, cancelled_at }) => !cancelled_at && (id === booking?.orderId || !tables.orphans.has(id)),
  );
  const ticketed = live.reduce((sum, { total_amount }) => sum + airlineMinor(total_amount), 0);
  const captured = intents.reduce((sum, one) => sum + keptOf(vendors, one), 0);
  const booked = booking?.price.minor ?? 0;
  demand(
    captured === ticketed && ticketed === booked,
    'I2',
    () => `captured ${captured}, ticketed ${ticketed}, booked ${booked}`,
  );
  demand(
    (tables.trip(tripId).status === 'BOOKED') === (booking !== undefined),
    'I2',
    () => 'BOOKED without a booking',
  );
}

/** Whether the traveller's cancellation reached its end; one that a person decides on is checked by its alert. */
function cancelledTruly(tables: Tables, { id, status }: BookingRow): boolean {
  const cancellation = [...tables.cancellations.values()].findLast(({ bookingId }) => bookingId === id);
  if (!cancellation) return false;
  demand(cancellation.status !== 'PENDING', 'I4', () => `a cancellation stands at ${cancellation.step}`);
  if (cancellation.status !== 'NEEDS_HUMAN') return status !== 'CONFIRMED';
  const alerted = [...tables.notifications.keys()].some((key) =>
    key.startsWith(`ops_alert:${cancellation.id}:`),
  );
  demand(alerted, 'I4', () => 'a cancellation needs a person, and no alert was sent');
  return true;
}

/** C2: a cancelled booking has no live order, and exactly what the airline gave back was refunded; told once. */
function afterCancelling({ tables, vendors }: Pick<World, 'tables' | 'vendors'>, booking: BookingRow): void {
  if (booking.status === 'CONFIRMED') return;
  const order = vendors.orders.all.get(booking.orderId);
  demand(Boolean(order?.cancelled_at), 'C2', () => 'a cancelled booking has a live order');
  const airline = airlineMinor(order?.cancellation?.refund_amount ?? 'unknown');
  const owed = Math.min(cardMinor(airline, booking.price.currency), booking.price.minor);
  const cancellation = [...tables.cancellations.values()].findLast((one) => one.bookingId === booking.id);
  if (cancellation?.status === 'NEEDS_HUMAN') {
    const said = refundedOf(vendors, booking.paymentIntentId) === booking.refundedMinor;
    demand(said, 'C2', () => `with a person, and the booking says ${booking.refundedMinor}`);
    return;
  }
  if (decidedByPerson(tables, booking)) {
    decidedTruly({ tables, vendors }, booking);
    return;
  }
  const refunded = refundedOf(vendors, booking.paymentIntentId);
  demand(
    refunded === owed && booking.refundedMinor === owed,
    'C2',
    () => `airline gave ${airline}, bank refunded ${refunded}, booking says ${booking.refundedMinor}`,
  );
  const mails = [...tables.notifications.values()].filter(
    ({ kind, tripId }) => kind === 'booking_cancelled' && tripId === booking.tripId,
  );
  demand(mails.length === 1, 'C2', () => `${mails.length} mails about one cancellation`);
  factsAgree(tables, booking, mails[0] as NotificationRow);
}

/** C3: trip, booking and mail say the same: that it is cancelled, who asked, and how much is refunded. */
function factsAgree(tables: Tables, booking: BookingRow, mail: NotificationRow): void {
  const trip = tables.trip(booking.tripId);
  demand(
    trip.status === 'CANCELLED' && trip.outcome.code === 'booking_cancelled',
    'C3',
    () => `the booking is ${booking.status}, and the trip ${trip.status}/${trip.outcome.code}`,
  );
  const { message = '', requestedBy } = mail.data as { message?: string; requestedBy?: string };
  const asker = [...tables.cancellations.values()].findLast(
    ({ bookingId }) => bookingId === booking.id,
  )?.requestedBy;
  const who = asker === 'airline' ? /^The airline cancelled/ : /^You cancelled/;
  demand(
    requestedBy === asker && who.test(message),
    'C3',
    () => `the ${asker} cancelled, and the mail says: ${message}`,
  );
  const amount = majorText(booking.refundedMinor, booking.price.currency);
  const named =
    booking.refundedMinor > 0 ? message.includes(`refund of ${amount}`) : /nothing is refunded/.test(message);
  demand(named, 'C3', () => `${amount} is refunded, and the mail says: ${message}`);
  // The mail may add that the bank has not confirmed the refund yet.
  const agree = message.startsWith(trip.outcome.message);
  demand(agree, 'C3', () => `trip and mail differ: ${trip.outcome.message}`);
}

/** I7: the last word of the audit log about each thing is how it stands. */
function replay(tables: Tables, tripId: string): void {
  const auditLog = tables.audits.filter((entry) => entry.tripId === tripId);
  const { trip: expected, booking } = tables.stateOf(tripId, null);
  demand(
    same(auditLog.at(-1), 'trip', expected),
    'I7',
    () => `the audit log does not end at ${JSON.stringify(expected)}`,
  );
  demand(
    same(auditLog.at(-1), 'booking', booking),
    'I7',
    () => `the audit log does not end at ${JSON.stringify(booking)}`,
  );
  for (const { id } of tables.attemptsOf(tripId)) {
    const last = auditLog.findLast(({ attemptId }) => attemptId === id);
    const { attempt } = tables.stateOf(tripId, id);
    demand(
      same(last, 'attempt', attempt),
      'I7',
      () => `the audit log of attempt ${id} does not end where it stands`,
    );
  }
}

const same = (entry: { state: unknown } | undefined, key: string, expected: unknown): boolean =>
  JSON.stringify((entry?.state as Record<string, unknown> | undefined)?.[key]) === JSON.stringify(expected);
