import { CREDITS, REFUND_TAKES } from '../../domain/cancellation-words.ts';
import { type DecimalMoney, formatMoney, type Money, moneyText } from '../../domain/money.ts';
import type { Booking } from '../../ports/storage/bookings.ts';
import type { StoredQuote } from '../../ports/storage/cancellation-quotes.ts';
import { type CancellationView, viewCancellation } from '../bookings/cancellation-view.ts';

/** `quoted`: nothing is asked for yet. The others are the states of a cancellation. */
export const QUOTE_STATES = ['quoted', 'under_way', 'cancelled', 'needs_person'] as const;

/** What cancelling a booking would bring, or how its cancellation stands. */
export interface CancellationQuoteView {
  readonly state: (typeof QUOTE_STATES)[number];
  /** Whether a request to cancel would be worked. */
  readonly cancellable: boolean;
  readonly message: string;
  readonly price: DecimalMoney;
  /** The airline's refund, and where it goes; null is unknown. */
  readonly airlineRefund: DecimalMoney | null;
  readonly refundTo: string | null;
  /** What the traveller would get back on the card; null is unknown. */
  readonly refund: DecimalMoney | null;
  readonly quotedAt: string | null;
  /** Until when the airline holds to it; null when it does not say. The cancellation asks again all the same. */
  readonly expiresAt: string | null;
  readonly cancellation: CancellationView | null;
}

const MESSAGES = {
  under_way: 'The cancellation is under way. A mail says what came of it.',
  cancelled: 'This booking is cancelled.',
  needs_person: 'A person is looking into the cancellation of this booking. They will write to you.',
} as const;

/** How the cancellation of a booking stands. */
export function stateOf(booking: Booking): CancellationQuoteView {
  const cancellation = viewCancellation(booking);
  const status = cancellation?.status ?? 'under_way';
  // A request of the version before has no row until a worker claims it; a refused one is no longer live.
  const state = booking.status !== 'CONFIRMED' ? 'cancelled' : status === 'refused' ? 'under_way' : status;
  return {
    state,
    cancellable: false,
    message: MESSAGES[state],
    price: formatMoney(booking.price),
    airlineRefund: cancellation?.airlineRefund ?? null,
    refundTo: null,
    refund: cancellation?.refund.amount ?? null,
    quotedAt: null,
    expiresAt: null,
    cancellation,
  };
}

/** What cancelling a booking would bring, by the airline's quote. */
export function quoted(booking: Booking, quote: StoredQuote): CancellationQuoteView {
  const { cancellable, refund, message } = termsOf(quote, booking.price);
  return {
    state: 'quoted',
    cancellable,
    message,
    price: formatMoney(booking.price),
    airlineRefund: quote.refund && formatMoney(quote.refund),
    refundTo: quote.refundTo || null,
    refund: refund && formatMoney(refund),
    quotedAt: quote.quotedAt.toISOString(),
    expiresAt: quote.expiresAt?.toISOString() ?? null,
    cancellation: viewCancellation(booking),
  };
}

/** What a quote means for the traveller, as the cancelling saga would decide. */
function termsOf(
  { refund, refundTo, cancellable }: StoredQuote,
  price: Money,
): { cancellable: boolean; refund: Money | null; message: string } {
  const nothing = { ...price, minor: 0 };
  if (!cancellable)
    return {
      cancellable,
      refund: null,
      message: 'The airline does not let this booking be cancelled online.',
    };
  const credits = CREDITS[refundTo];
  if (credits)
    return {
      cancellable: false,
      refund: nothing,
      message: `For this fare the airline gives ${credits}, and no money. Ask the airline if you want that.`,
    };
  if (!refund)
    return {
      cancellable,
      refund: null,
      message: 'The airline does not say what it refunds. If you cancel, a person finds out first.',
    };
  if (refund.minor === 0)
    return { cancellable: false, refund: nothing, message: 'The airline gives nothing back for this fare.' };
  if (refundTo !== 'balance' || refund.currency !== price.currency)
    return {
      cancellable,
      refund: null,
      message: `The airline refunds ${moneyText(refund)}. If you cancel, a person works out what you get.`,
    };
  const back = { ...price, minor: Math.min(refund.minor, price.minor) };
  return {
    cancellable,
    refund: back,
    message: `If you cancel now, ${moneyText(back)} of ${moneyText(price)} is refunded to your card. Banks usually take ${REFUND_TAKES}.`,
  };
}
