import type { Tables } from './memory/tables.ts';
import type { Vendors } from './vendors/vendors.ts';

/** Something is true that never may be. */
export class Breach extends Error {
  override readonly name = 'Breach';
  readonly check: string;
  constructor(check: string, message: string) {
    super(`${check}: ${message}`);
    this.check = check;
  }
}

export function demand(holds: boolean, check: string, message: () => string): void {
  if (!holds) throw new Breach(check, message());
}

interface World {
  readonly tables: Tables;
  readonly vendors: Vendors;
  /** The most that may be begun in an hour. */
  readonly mostMinor: number;
  /** The airline made two orders of one request; no care of ours prevents that. */
  readonly vendorMadeTwo: () => boolean;
}

/** A1–A3 and F2 of docs/reliability.md, against the vendors' ledger. Cheap enough to be asked after every event. */
export function alwaysTrue({ tables, vendors, mostMinor, vendorMadeTwo }: World): void {
  const hourAgo = vendors.payments.unix() - 3_600;
  const reserved = [...vendors.payments.intents.values()]
    .filter(({ created, latest_charge }) => latest_charge && created > hourAgo)
    .reduce((sum, { amount }) => sum + amount, 0);
  demand(reserved <= mostMinor, 'F2', () => `${reserved} reserved within an hour, ${mostMinor} allowed`);
  const liveByAttempt = new Map<string, number>();
  const liveByTrip = new Map<string, number>();
  for (const order of vendors.orders.all.values()) {
    if (order.cancelled_at || !order.metadata.trip_id) continue;
    const { attempt_id: attempt = '', trip_id: trip = '' } = order.metadata;
    liveByAttempt.set(attempt, (liveByAttempt.get(attempt) ?? 0) + 1);
    liveByTrip.set(trip, (liveByTrip.get(trip) ?? 0) + 1);
  }
  for (const [trip, live] of liveByTrip)
    demand(live <= 1 || vendorMadeTwo(), 'A2', () => `trip ${trip} has ${live} live orders`);
  for (const intent of vendors.payments.intents.values()) {
    const { attempt_id: attempt = '', trip_id: trip = '' } = intent.metadata;
    const { minor } = tables.trip(trip).mandate;
    demand(intent.amount <= minor, 'A3', () => `${intent.amount} authorised, ${minor} agreed`);
    const kept = intent.amount_received - refundedOf(vendors, intent.id);
    demand(kept <= 0 || liveByAttempt.has(attempt), 'A1', () => `${kept} captured without a live order`);
  }
  for (const order of vendors.orders.all.values()) {
    if (!order.metadata.trip_id) continue;
    const held = [...vendors.payments.intents.values()].find(
      ({ metadata, latest_charge }) => metadata.attempt_id === order.metadata.attempt_id && latest_charge,
    );
    const total = Math.round(Number(order.total_amount) * 100);
    demand(
      held !== undefined && total <= held.amount,
      'A3',
      () => `an order of ${total} without as much held`,
    );
  }
}

const refundedOf = ({ payments }: Vendors, intentId: string): number =>
  payments.refunds
    .filter(({ payment_intent, status }) => payment_intent === intentId && status === 'succeeded')
    .reduce((sum, { amount }) => sum + amount, 0);

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
  const told = [...tables.notifications.values()].filter(({ kind }) => kind === 'booking_confirmed');
  demand(
    told.length === tables.bookings.size,
    'I6',
    () => `${told.length} confirmations for ${tables.bookings.size} bookings`,
  );
  const text = spoken();
  for (const secret of secrets)
    demand(!text.includes(secret), 'A6', () => 'PII in a job, a log or the audit trail');
}

function moneyOf({ tables, vendors, vendorMadeTwo }: World, tripId: string, human: boolean): void {
  const orders = [...vendors.orders.all.values()].filter(({ metadata }) => metadata.trip_id === tripId);
  const intents = [...vendors.payments.intents.values()].filter(
    ({ metadata }) => metadata.trip_id === tripId,
  );
  const booking = tables.bookings.get(tripId);
  demand(orders.length <= 1 || vendorMadeTwo(), 'I1', () => `${orders.length} orders were ever made`);
  for (const intent of intents) {
    const refunds = vendors.payments.refunds.filter(({ payment_intent }) => payment_intent === intent.id);
    const refunded = refundedOf(vendors, intent.id);
    demand(
      refunds.length <= 1 && refunded <= intent.amount_received,
      'I5',
      () => `${refunds.length} refunds`,
    );
  }
  const byAttempt = new Set<string>();
  for (const { metadata, latest_charge } of intents) {
    if (!latest_charge) continue;
    const attempt = metadata.attempt_id ?? '';
    demand(!byAttempt.has(attempt), 'I6', () => 'one attempt, two authorisations');
    byAttempt.add(attempt);
  }
  if (human) return;
  const held = intents.filter(({ status }) => status === 'requires_capture');
  demand(held.length === 0, 'I3', () => `${held.length} authorisations are still held`);
  // One that a person was called for is accounted for: it is neither booked nor forgotten.
  const live = orders.filter(({ id, cancelled_at }) => !cancelled_at && !tables.orphans.has(id));
  const ticketed = live.reduce((sum, { total_amount }) => sum + Math.round(Number(total_amount) * 100), 0);
  const captured = intents.reduce((sum, one) => sum + one.amount_received - refundedOf(vendors, one.id), 0);
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

/** I7: the last word of the trail about each thing is how it stands. */
function replay(tables: Tables, tripId: string): void {
  const trail = tables.audits.filter((entry) => entry.tripId === tripId);
  const expected = tables.stateOf(tripId, null).trip;
  demand(
    same(trail.at(-1), 'trip', expected),
    'I7',
    () => `the trail does not end at ${JSON.stringify(expected)}`,
  );
  for (const { id } of tables.attemptsOf(tripId)) {
    const last = trail.findLast(({ attemptId }) => attemptId === id);
    const { attempt } = tables.stateOf(tripId, id);
    demand(
      same(last, 'attempt', attempt),
      'I7',
      () => `the trail of attempt ${id} does not end where it stands`,
    );
  }
}

const same = (entry: { state: unknown } | undefined, key: string, expected: unknown): boolean =>
  JSON.stringify((entry?.state as Record<string, unknown> | undefined)?.[key]) === JSON.stringify(expected);
