import type { Compensation } from '../../../domain/attempt.ts';
import { fareOf } from '../../../domain/failed-fares.ts';
import type { Offer } from '../../../domain/offer.ts';
import type { OrderRefusal, OrderRefused } from '../../../ports/flights.ts';

/** Refusals of this fare itself: until it has been left alone for a while, the next best is tried. */
const OF_THE_FARE: ReadonlySet<OrderRefusal> = new Set(['offer_gone', 'price_changed', 'not_created']);

/** What a definite no to an offer means for the trip, by its class. */
export function compensationFor(refused: OrderRefused, offer: Offer): Compensation {
  const failedFare = OF_THE_FARE.has(refused.refusal) && { failedFare: fareOf(offer) };
  return { ...byRefusal(refused), ...failedFare };
}

/** `code` is the seller's own word. */
function byRefusal({ code, refusal }: OrderRefused): Compensation {
  switch (refusal) {
    case 'offer_gone':
    case 'offer_request_used':
      return { code, message: 'Somebody else was faster; we look for the next offer.', to: 'search' };
    case 'price_changed':
      return { code, message: 'The price changed in the last moment; we look again.', to: 'search' };
    case 'passenger_data':
      return {
        code,
        message: `The airline did not accept the traveller details (${code.replaceAll('_', ' ')}). Correct them to go on.`,
        to: 'failed',
        notify: 'action_needed',
      };
    case 'our_account':
      return {
        code,
        message: 'We could not buy the ticket; the fault is ours.',
        to: 'failed',
        notify: 'booking_failed',
        alert: 'order_account_trouble',
      };
    case 'not_created':
      return { code, message: 'The airline could not make the booking; we keep watching.', to: 'watch' };
    case 'refused':
      return {
        code,
        message: 'The airline refused the booking.',
        to: 'failed',
        notify: 'booking_failed',
        alert: 'order_refused',
      };
  }
}
