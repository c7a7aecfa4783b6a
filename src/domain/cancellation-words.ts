import type { CancellationAsker } from './cancellation.ts';
import { type Money, moneyText } from './money.ts';

/** A booking that was cancelled, and what comes back of its price. */
export interface CancelledBooking {
  readonly requestedBy: CancellationAsker;
  readonly paid: Money;
  /** What is refunded to the card; at most `paid`, in its currency. */
  readonly refunded: Money;
  /** What the airline gave back; null is unknown, not zero. */
  readonly airlineRefund: Money | null;
  /** The bank has not confirmed it yet. */
  readonly pending?: boolean;
}

/** How long banks take to show a refund on a card. Source: Stripe, "Refund and cancel payments". */
export const REFUND_TAKES = '5 to 10 business days';

/** Where a refund goes that is no money, by the seller's word: it stays with the airline. Source: Duffel, "Cancelling an order". */
export const CREDITS: Readonly<Record<string, string>> = {
  airline_credits: 'airline credits',
  voucher: 'a voucher',
};

const WHO: Record<CancellationAsker, string> = {
  traveller: 'You cancelled this booking.',
  airline: 'The airline cancelled this booking.',
  operator: 'Our team cancelled this booking.',
};

/**
 * Who cancelled a booking and what comes back, in words that stay true whatever the bank does next: that a refund was
 * requested is a fact, that it arrives is not.
 */
export function cancelledWords({
  requestedBy,
  paid,
  refunded,
  airlineRefund,
  pending,
}: CancelledBooking): string {
  const back =
    refunded.minor === 0
      ? nothingWords(airlineRefund)
      : `A refund of ${moneyText(refunded)} to your card was requested; you had paid ${moneyText(paid)}.`;
  const later = pending ? ' Your bank has not confirmed it yet; we write again when it has.' : '';
  return `${WHO[requestedBy]} ${back}${later}`;
}

/** While the refund is being asked for. @param due what goes back to the card */
export function ticketGoneWords(requestedBy: CancellationAsker, due: Money): string {
  const back = due.minor > 0 ? ` A refund of ${moneyText(due)} to your card is under way.` : '';
  return `${WHO[requestedBy]} Your ticket is no longer valid.${back}`;
}

/** What the airline gave back is only said where it is known: a person may have decided that nothing is due. */
function nothingWords(airlineRefund: Money | null): string {
  if (airlineRefund?.minor === 0) return 'The airline gave nothing back, so nothing is refunded.';
  const team = 'Our team looked into it, and nothing is refunded to your card.';
  return airlineRefund ? team : `${team} The airline has not told us what it gives back.`;
}

/** Why a cancellation was refused, by the codes of its saga. Other codes bring their own words. */
const REFUSALS: Readonly<Record<string, string>> = {
  order_not_cancellable: 'The airline does not let this booking be cancelled online.',
  order_not_refundable: 'The airline gives nothing back for this fare.',
};

/** Why a booking was left as it is, in words for the traveller. */
export const refusedWords = ({
  code,
  message,
}: {
  readonly code: string;
  readonly message: string;
}): string => REFUSALS[code] ?? message;
