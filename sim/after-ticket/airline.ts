import type { CancellationTerms, Order } from '../../sandbox/duffel/types.ts';
import type { Vendors } from '../vendors/vendors.ts';
import type { AirlineQuote } from './course.ts';

const courseOf = (vendors: Vendors, { metadata }: Order) => vendors.afterTicketOf(metadata.trip_id ?? '');

/** Sets what the airline says to the next question about this order. */
export function prepareQuote(vendors: Vendors, order: Order): void {
  const { quotes, readsLiveMs, saysLaterMs } = courseOf(vendors, order);
  const asked = vendors.orders.cancellations.filter(({ order_id }) => order_id === order.id).length;
  const { gives, ttlMs } = quotes[Math.min(asked, quotes.length - 1)] ?? quotes[0];
  vendors.orders.terms.set(order.id, {
    ...termsOf(order, gives),
    ...(saysLaterMs !== null && { confirmed_refund_amount: null }),
    quoteTtlMs: ttlMs,
    readsLiveMs,
  });
}

/** A confirmed cancellation whose order does not say yet what it gave back says so in a while. */
export function sayLater(vendors: Vendors, quoteId: string): void {
  const quote = vendors.orders.cancellations.find(({ id }) => id === quoteId);
  const order = vendors.orders.all.get(quote?.order_id ?? '');
  if (!quote || !order) return;
  const { saysLaterMs, readsLiveMs } = courseOf(vendors, order);
  vendors.world.later(readsLiveMs, () => {
    vendors.effects += 1;
  });
  if (saysLaterMs === null) return;
  vendors.world.later(readsLiveMs + saysLaterMs, () => {
    if (order.cancellation?.id !== quoteId) return;
    order.cancellation.refund_amount = quote.refund_amount;
    vendors.effects += 1;
  });
}

function termsOf(order: Order, gives: AirlineQuote['gives']): CancellationTerms {
  const { total_amount: total, total_currency: currency } = order;
  const decimals = total.split('.')[1]?.length ?? 0;
  const part = (share: number) =>
    (Math.floor(Number(total) * share * 10 ** decimals) / 10 ** decimals).toFixed(decimals);
  switch (gives) {
    case 'fare':
      return {};
    case 'half':
      return { refund_amount: part(0.5) };
    case 'nothing':
      return { refund_amount: part(0) };
    case 'unknown':
      return { refund_amount: null };
    case 'credits':
      return { refund_to: 'airline_credits' };
    case 'card':
      return { refund_to: 'card' };
    case 'other_currency':
      return { refund_amount: '100.00', refund_currency: currency === 'USD' ? 'EUR' : 'USD' };
    case 'less':
      return { confirmed_refund_amount: part(0.5) };
  }
}
