import { Permanent, Refused } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FlightProvider } from '../../ports/flights.ts';
import type { Logger } from '../../ports/log.ts';
import type { Booking, BookingStore } from '../../ports/storage/bookings.ts';
import type { CancellationQuoteStore, StoredQuote } from '../../ports/storage/cancellation-quotes.ts';
import { type CancellationQuoteView, quoted, stateOf } from './quote-view.ts';

export interface CancellationReadDeps {
  readonly bookings: Pick<BookingStore, 'find'>;
  readonly cancellationQuotes: CancellationQuoteStore;
  readonly flights: Pick<FlightProvider, 'order' | 'quoteCancellation'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
}

/** Longer than both questions to the airline with their deadlines, in ms. */
const ASKING_MS = 40_000;
/** An answer is given again for so long, in ms: each new quote makes the one before it stale at the airline. */
const FRESH_MS = 60_000;

/**
 * What cancelling a booking would give back, before anything is confirmed. While a cancellation is live nothing is asked: a new
 * quote would make its own stale (Duffel, `order_cancellation_stale`). Its state is the answer then.
 * @throws Refused `missing`; `unavailable` while another request asks, and when the airline does not answer the question
 */
export async function readCancellation(
  deps: CancellationReadDeps,
  userId: string,
  id: string,
): Promise<CancellationQuoteView> {
  const booking = await bookingOf(deps, userId, id);
  const claim = await deps.cancellationQuotes.claim(userId, id, { askingMs: ASKING_MS, freshMs: FRESH_MS });
  switch (claim.kind) {
    case 'live':
      return stateOf(await bookingOf(deps, userId, id));
    case 'fresh':
      return quoted(booking, claim.quote);
    case 'busy':
      throw new Refused(
        'unavailable',
        'The airline is being asked for this booking. Try again in a few seconds.',
      );
    case 'ask':
      return ask(deps, userId, booking);
  }
}

async function bookingOf({ bookings }: CancellationReadDeps, userId: string, id: string): Promise<Booking> {
  const booking = await bookings.find(userId, id);
  if (!booking) throw new Refused('missing', 'There is no such booking.');
  return booking;
}

async function ask(
  deps: CancellationReadDeps,
  userId: string,
  booking: Booking,
): Promise<CancellationQuoteView> {
  let answer: Omit<StoredQuote, 'quotedAt'> | null = null;
  try {
    answer = await askAirline(deps, booking.orderId);
  } catch (error) {
    if (!(error instanceof Permanent)) throw error;
    deps.log.warn({ bookingId: booking.id, code: error.code }, 'the airline refused to quote a cancellation');
    throw new Refused(
      'unavailable',
      'The airline can not say now what a cancellation gives back. Nothing was changed; try again later, or ask us.',
    );
  } finally {
    await deps.cancellationQuotes.close(userId, booking.id, answer);
  }
  // Requested while the airline was asked: then the cancellation quotes for itself.
  const now = await bookingOf(deps, userId, booking.id);
  return now.cancellation && isLive(now)
    ? stateOf(now)
    : quoted(now, { ...answer, quotedAt: deps.clock.now() });
}

const NOT_CANCELLABLE = { refund: null, refundTo: '', cancellable: false, expiresAt: null };

async function askAirline(
  { flights }: CancellationReadDeps,
  orderId: string,
): Promise<Omit<StoredQuote, 'quotedAt'>> {
  const order = await flights.order(orderId);
  // By the airline: a request to cancel refunds what it gave back.
  if (order.cancelled)
    return { refund: order.refund, refundTo: 'balance', expiresAt: null, cancellable: true };
  if (!order.cancellable) return NOT_CANCELLABLE;
  const { refund, refundTo, expiresAt = null } = await flights.quoteCancellation(orderId);
  return { refund, refundTo, expiresAt, cancellable: true };
}

const isLive = ({ status, cancellation }: Booking): boolean =>
  status !== 'CONFIRMED' || (cancellation !== null && cancellation.status !== 'REFUSED');
