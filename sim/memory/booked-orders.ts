import type { BookedOrder, BookedOrderStore, OrderNews } from '../../src/ports/storage/booked-orders.ts';
import type { LockedChange } from '../../src/ports/storage/bookings.ts';
import { insertCancellation, liveCancellation } from './cancellations.ts';
import type { BookingRow, OrderChangeRow, Tables } from './tables.ts';

const MINUTE_MS = 60_000;

/** Booked orders in memory; one contract suite holds them and those in Postgres to the same behaviour. */
export function createMemoryBookedOrders(tables: Tables): BookedOrderStore {
  const bookingOf = (orderId: string): BookingRow | undefined =>
    [...tables.bookings.values()].find((row) => row.orderId === orderId);
  const rowsOf = (bookingId: string): OrderChangeRow[] =>
    [...tables.orderChanges.values()]
      .filter((row) => row.bookingId === bookingId)
      .sort((a, b) => a.number - b.number);

  function tell({ tripId }: BookingRow, news: Pick<OrderNews, 'events' | 'notifications' | 'jobs'>): void {
    for (const { type, detail } of news.events)
      tables.audit({ tripId, attemptId: null, type, detail, actor: 'worker' });
    for (const request of news.notifications) tables.notify({ ...request, tripId });
    tables.insertJobs(news.jobs);
    tables.afterCommit();
  }

  function asOrder(row: BookingRow): BookedOrder {
    const { id: bookingId, attemptId, tripId, orderId, status, itinerary, ticketNumbers } = row;
    const { userId, correlationId } = tables.trip(tripId);
    return {
      bookingId,
      attemptId,
      tripId,
      userId,
      orderId,
      correlationId,
      bookingReference: '',
      status,
      bookedAt: new Date(row.bookedAt),
      itinerary,
      ticketNumbers,
      passengers: tables.attempts.get(attemptId)?.offer?.passengers ?? [],
      cancellation: liveCancellation(tables, bookingId)?.status ?? null,
      changes: rowsOf(bookingId).map((change) => ({ ...change })),
    };
  }

  function write(row: BookingRow, news: OrderNews, askedAt: number): void {
    const { nextLookAt, ticketNumbers, itinerary } = news;
    Object.assign(row, {
      nextLookAt: nextLookAt?.getTime() ?? null,
      lookedAt: askedAt,
      ...(ticketNumbers && { ticketNumbers }),
      ...(itinerary && { itinerary }),
    });
    for (const { id, state } of news.decided) {
      const change = tables.orderChanges.get(id);
      if (change?.state === 'OPEN') Object.assign(change, { state, leaseUntil: null });
    }
    for (const change of news.added) insert(row, change);
    if (!news.cancelledByAirline) return;
    row.cancelRequestedAt ??= tables.now();
    insertCancellation(tables, row.id, tables.trip(row.tripId).correlationId, null, 'airline');
  }

  function insert({ id: bookingId }: BookingRow, change: OrderNews['added'][number]): void {
    const rows = rowsOf(bookingId);
    if (change.state === 'OPEN' && rows.some(({ state }) => state === 'OPEN'))
      throw new Error('order_changes_one_open');
    if (change.changeId && rows.some(({ changeId }) => changeId === change.changeId))
      throw new Error('order_changes_booking_id_change_id_key');
    const id = tables.newId();
    tables.orderChanges.set(id, {
      ...change,
      id,
      bookingId,
      noticedAt: new Date(tables.now()),
      acceptRequestedAt: null,
      acceptOutcome: null,
      acceptTries: 0,
      leaseUntil: null,
    });
  }

  return {
    async open(orderId) {
      if (bookingOf(orderId)?.status !== 'CONFIRMED') return undefined;
      return { orderId, askedAt: new Date(tables.now()) };
    },
    async record({ orderId, askedAt }, decide) {
      const row = bookingOf(orderId);
      if (row?.status !== 'CONFIRMED') return 'over';
      if (row.lookedAt !== null && row.lookedAt >= askedAt.getTime()) return 'older';
      const news = decide(asOrder(row));
      write(row, news, askedAt.getTime());
      tell(row, news);
      return 'recorded';
    },
    async due(limit) {
      const now = tables.now();
      const due = dueOrders(tables).slice(0, limit);
      for (const row of due) row.nextLookAt = now + 10 * MINUTE_MS;
      return due.map(({ orderId }) => orderId);
    },
    async claimAcceptance(id) {
      const row = tables.orderChanges.get(id);
      const booking = [...tables.bookings.values()].find((one) => one.id === row?.bookingId);
      if (!row || !booking || !isAsked(tables, row)) return undefined;
      row.leaseUntil = tables.now() + MINUTE_MS;
      row.acceptTries += 1;
      return { id, changeId: row.changeId as string, orderId: booking.orderId, tries: row.acceptTries };
    },
    async closeAcceptance({ id, orderId }, { outcome, notify }) {
      const booking = bookingOf(orderId);
      const row = tables.orderChanges.get(id);
      if (!booking || !row) return;
      const notified = notify(asOrder(booking));
      Object.assign(row, { acceptOutcome: outcome, leaseUntil: null });
      booking.nextLookAt = tables.now();
      tell(booking, { ...notified, jobs: [] });
    },
    async releaseAcceptance({ id }) {
      const row = tables.orderChanges.get(id);
      if (row) row.leaseUntil = null;
    },
    abandonedAcceptances: async (idleMs, limit) =>
      [...tables.orderChanges.values()]
        .filter((row) => isAbandonedAcceptance(tables, row, idleMs))
        .slice(0, limit)
        .map(({ id, acceptTries: tries }) => ({ id, tries })),
  };
}

const isAsked = (tables: Tables, row: OrderChangeRow): boolean =>
  row.state === 'OPEN' &&
  row.changeId !== null &&
  row.acceptRequestedAt !== null &&
  row.acceptOutcome === null &&
  (row.leaseUntil === null || row.leaseUntil < tables.now());

const isAbandonedAcceptance = (tables: Tables, row: OrderChangeRow, idleMs: number): boolean =>
  isAsked(tables, row) && Number(row.acceptRequestedAt) < tables.now() - idleMs;

/** Whether a sweep would find an acceptance that no worker runs. */
export const hasAbandonedAcceptance = (tables: Tables, idleMs: number): boolean =>
  [...tables.orderChanges.values()].some((row) => isAbandonedAcceptance(tables, row, idleMs));

/** Booked orders that are due for a look, the longest waiting first. */
export const dueOrders = (tables: Tables): BookingRow[] =>
  [...tables.bookings.values()]
    .filter(
      ({ status, nextLookAt }) => status === 'CONFIRMED' && nextLookAt !== null && nextLookAt < tables.now(),
    )
    .sort((a, b) => (a.nextLookAt as number) - (b.nextLookAt as number));

/** A change of a booking, with its trip. */
export function lockChange(tables: Tables, bookingId: string, id: string): LockedChange | undefined {
  const row = tables.orderChanges.get(id);
  const booking = [...tables.bookings.values()].find((one) => one.id === bookingId);
  return row?.bookingId === bookingId && booking ? { ...row, tripId: booking.tripId } : undefined;
}
