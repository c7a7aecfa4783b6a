import type { Money } from '../../domain/money.ts';

/** What the airline said a cancellation would give back. */
export interface StoredQuote {
  /** Null is unknown, not zero. */
  readonly refund: Money | null;
  /** Where the refund would go; only `balance` is ours. */
  readonly refundTo: string;
  /** Whether the airline lets the order be cancelled at all; without it there is no refund to speak of. */
  readonly cancellable: boolean;
  readonly quotedAt: Date;
  /** Null: the airline does not say how long it holds. */
  readonly expiresAt: Date | null;
}

/**
 * Who may ask the airline. `ask`: the caller alone · `fresh`: no caller, the last answer still holds ·
 * `busy`: another process is asking · `live`: no caller, as a cancellation is under way, or the booking is cancelled.
 */
export type QuoteClaim =
  | { readonly kind: 'ask' | 'busy' | 'live' }
  | { readonly kind: 'fresh'; readonly quote: StoredQuote };

/** Quotes of cancellations that are not requested yet. Bookings of other users do not exist here. */
export interface CancellationQuoteStore {
  /**
   * Decides who asks the airline.
   * @param options.askingMs how long the caller may ask
   * @param options.freshMs how long an answer is given again
   */
  claim(
    userId: string,
    bookingId: string,
    options: { readonly askingMs: number; readonly freshMs: number },
  ): Promise<QuoteClaim>;
  /** Ends the claim, and keeps the answer if there is one. */
  close(userId: string, bookingId: string, quote: Omit<StoredQuote, 'quotedAt'> | null): Promise<void>;
}
