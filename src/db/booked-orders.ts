import { sql } from 'kysely';
import type { AirlineChange, ChangeState } from '../domain/airline-change.ts';
import type {
  AcceptanceClaim,
  BookedOrder,
  NewChange,
  OrderNews,
  OrderReading,
  StoredChange,
} from '../ports/storage/booked-orders.ts';
import type { LockedChange } from '../ports/storage/bookings.ts';
import { insertCancellation, liveCancellation } from './cancellations.ts';
import type { Db, Trx } from './client/index.ts';

export async function openReading(db: Db, orderId: string): Promise<OrderReading | undefined> {
  const row = await db
    .selectFrom('flightBookings')
    .select(['orderId', sql<Date>`clock_timestamp()`.as('askedAt')])
    .where('orderId', '=', orderId)
    .where('status', '=', 'CONFIRMED')
    .executeTakeFirst();
  return row;
}

/** The booking of an order, locked, with what its next reading is compared with; and when the newest reading had been asked for. */
export async function lockOrder(
  trx: Trx,
  orderId: string,
): Promise<{ order: BookedOrder; lookedAt: Date | null } | undefined> {
  const row = await trx
    .selectFrom('flightBookings as b')
    .innerJoin('bookingAttempts as a', 'a.id', 'b.attemptId')
    .innerJoin('tripRequests as t', 't.id', 'b.tripId')
    .select(['b.id as bookingId', 'b.attemptId', 'b.tripId', 'b.userId', 'b.orderId', 'b.bookingReference'])
    .select(['b.status', 'b.bookedAt', 'b.itinerary', 'b.ticketNumbers', 'b.lookedAt'])
    .select(['a.offer', 't.correlationId'])
    .where('b.orderId', '=', orderId)
    .forNoKeyUpdate('b')
    .executeTakeFirst();
  if (!row) return undefined;
  const { offer, lookedAt, ...booking } = row;
  return {
    lookedAt,
    order: {
      ...booking,
      passengers: offer?.passengers ?? [],
      cancellation: (await liveCancellation(trx, booking.bookingId)) ?? null,
      changes: await changesOf(trx, booking.bookingId),
    },
  };
}

/** Columns of a change, as `toChange` reads them. */
const CHANGE_COLUMNS = [
  'id',
  'changeId',
  'number',
  'before',
  'after',
  'actions',
  'state',
  'noticedAt',
  'acceptRequestedAt',
  'acceptOutcome',
] as const;

/** More changes than any airline makes of one order; a bound all the same. */
const MAX_CHANGES = 100;

async function changesOf(db: Db, bookingId: string): Promise<StoredChange[]> {
  const rows = await db
    .selectFrom('orderChanges')
    .select(CHANGE_COLUMNS)
    .where('bookingId', '=', bookingId)
    .orderBy('number')
    .limit(MAX_CHANGES)
    .execute();
  return rows.map(toChange);
}

/** A change of a booking, locked; undefined when there is none, or it is another user's. */
export async function lockChange(trx: Db, bookingId: string, id: string): Promise<LockedChange | undefined> {
  const row = await trx
    .selectFrom('orderChanges')
    .select(CHANGE_COLUMNS)
    .select('tripId')
    .where('bookingId', '=', bookingId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  return row && { ...toChange(row), tripId: row.tripId };
}

export async function requestAcceptance(trx: Db, id: string): Promise<void> {
  await trx
    .updateTable('orderChanges')
    .set({ acceptRequestedAt: sql<Date>`now()` })
    .where('id', '=', id)
    .execute();
}

type ChangeRow = Omit<StoredChange, 'actions'> & { readonly actions: readonly string[] };

/** A change as the ports know it. */
const toChange = (row: ChangeRow): StoredChange => ({
  ...row,
  actions: row.actions as AirlineChange['actions'],
});

/** Writes what a reading says of the booking and its changes. */
export async function writeNews(
  trx: Trx,
  { bookingId, tripId, userId, correlationId }: BookedOrder,
  { nextLookAt, ticketNumbers, itinerary, decided, added, cancelledByAirline }: OrderNews,
  askedAt: Date,
): Promise<void> {
  await trx
    .updateTable('flightBookings')
    .set({
      nextLookAt,
      lookedAt: askedAt,
      ...(ticketNumbers && { ticketNumbers: [...ticketNumbers] }),
      ...(itinerary && { itinerary: JSON.stringify(itinerary) }),
      ...(cancelledByAirline && { cancelRequestedAt: sql<Date>`coalesce(cancel_requested_at, now())` }),
    })
    .where('id', '=', bookingId)
    .execute();
  // The open one first: a booking has one.
  for (const { id, state } of decided) await decideChange(trx, id, state);
  for (const change of added)
    await trx
      .insertInto('orderChanges')
      .values({ ...columnsOf(change), bookingId, tripId, userId, correlationId })
      .execute();
  if (cancelledByAirline) await insertCancellation(trx, bookingId, correlationId, null, 'airline');
}

const columnsOf = ({ before, after, actions, state, ...same }: NewChange) => ({
  ...same,
  state,
  before: JSON.stringify(before),
  after: JSON.stringify(after),
  actions: [...actions],
  ...(state !== 'OPEN' && { decidedAt: sql<Date>`now()` }),
});

async function decideChange(trx: Trx, id: string, state: ChangeState): Promise<void> {
  await trx
    .updateTable('orderChanges')
    .set({ state, decidedAt: sql<Date>`now()`, leaseUntil: null })
    .where('id', '=', id)
    .where('state', '=', 'OPEN')
    .execute();
}

/** Claims orders that are due for a look: each is due again in ten minutes, unless its reading says otherwise. */
export async function claimDueOrders(db: Db, limit: number): Promise<string[]> {
  const { rows } = await sql<{ orderId: string }>`
    update flight_bookings b set next_look_at = now() + interval '10 minutes'
    where b.id in (
      select id from flight_bookings where status = 'CONFIRMED' and next_look_at < now()
      order by next_look_at limit ${limit} for no key update skip locked)
    returning b.order_id as "orderId"`.execute(db);
  return rows.map(({ orderId }) => orderId);
}

const LEASE = sql<Date>`now() + interval '60 seconds'`;

/** Claims an acceptance and records the intent to call; undefined when there is nothing to ask, or another worker asks. */
export async function claimAcceptance(db: Db, id: string): Promise<AcceptanceClaim | undefined> {
  const row = await db
    .updateTable('orderChanges as c')
    .from('flightBookings as b')
    .set({
      leaseUntil: LEASE,
      acceptTries: sql`accept_tries + 1`,
      acceptKey: sql<string>`coalesce(accept_key, change_id || ':accept')`,
    })
    .whereRef('b.id', '=', 'c.bookingId')
    .where('c.id', '=', id)
    .where('c.state', '=', 'OPEN')
    .where('c.changeId', 'is not', null)
    .where('c.acceptRequestedAt', 'is not', null)
    .where('c.acceptOutcome', 'is', null)
    .where((eb) => eb.or([eb('c.leaseUntil', 'is', null), eb('c.leaseUntil', '<', sql<Date>`now()`)]))
    .returning(['c.id', 'c.changeId', 'b.orderId', 'c.acceptTries as tries'])
    .executeTakeFirst();
  return row && { ...row, changeId: row.changeId as string };
}

/** Writes the seller's answer; the order is due for a look at once. */
export async function writeAcceptance(
  trx: Trx,
  { id, orderId }: AcceptanceClaim,
  outcome: string,
): Promise<void> {
  await trx
    .updateTable('orderChanges')
    .set({ acceptOutcome: outcome, leaseUntil: null })
    .where('id', '=', id)
    .execute();
  await trx
    .updateTable('flightBookings')
    .set({ nextLookAt: sql<Date>`now()` })
    .where('orderId', '=', orderId)
    .execute();
}

export async function releaseAcceptance(db: Db, { id }: AcceptanceClaim): Promise<void> {
  await db.updateTable('orderChanges').set({ leaseUntil: null }).where('id', '=', id).execute();
}

/** Acceptances without an answer whose claim lapsed, or that nobody claimed for so long. */
export async function abandonedAcceptances(db: Db, idleMs: number, limit: number) {
  const idle = sql<Date>`now() - ${idleMs} * interval '1 millisecond'`;
  return db
    .selectFrom('orderChanges')
    .select(['id', 'acceptTries as tries'])
    .where('state', '=', 'OPEN')
    .where('acceptRequestedAt', '<', idle)
    .where('acceptOutcome', 'is', null)
    .where((eb) => eb.or([eb('leaseUntil', 'is', null), eb('leaseUntil', '<', sql<Date>`now()`)]))
    .orderBy('acceptRequestedAt')
    .limit(limit)
    .execute();
}
