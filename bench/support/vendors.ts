import type { Authorization } from '../../src/ports/payments.ts';
import { offer } from '../sagas/seed.ts';

/** What a vendor's answer costs: nothing, unless a benchmark says otherwise. */
export interface Cost {
  /** Goes around every call but the order and the capture. */
  readonly call?: <T>(answer: T) => Promise<T>;
  /** What happens while the order is on its way. */
  readonly order?: () => Promise<void>;
}

/** A search's answer that holds one offer, which fits. */
export const found = (offerId: string) => {
  const own = { ...offer, offerId };
  return { requestId: 'orq', offers: [{ offer: own, raw: own }] };
};

/** Vendors in this process, for one attempt: every call goes well. */
export function vendorsOf(
  attemptId: string,
  { call = async (answer) => answer, order = async () => undefined }: Cost = {},
) {
  const own = { ...offer, offerId: `off_${attemptId}` };
  let status: Authorization['status'] = 'authorized';
  const authorization = (): Authorization => ({
    paymentIntentId: `pi_${attemptId}`,
    status,
    amount: own.price,
    capturedMinor: status === 'captured' ? own.price.minor : 0,
    refundedMinor: 0,
    captureBefore: null,
    attemptId,
    tripId: null,
    madeBy: 'us',
    pendingFor: null,
  });
  return {
    flights: {
      search: () => call(found(own.offerId)),
      offer: () => call({ offer: own, raw: own }),
      createOrder: async () => {
        await order();
        return {
          orderId: `ord_${attemptId}`,
          bookingReference: 'ABC234',
          total: own.price,
          ticketNumbers: ['1'],
          answer: null,
        };
      },
    },
    payments: {
      authorize: () => call(authorization()),
      authorization: () => call(authorization()),
      authorizationsOf: () => call({ rows: [], unreadable: [], next: null }),
      capture: async () => {
        status = 'captured';
        return authorization();
      },
    },
    flags: {
      bookingStop: async () => null,
      selectionRules: async () => ({ advancedFiltering: true, priceOptimization: true }),
    },
  };
}
