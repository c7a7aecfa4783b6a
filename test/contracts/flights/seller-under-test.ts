import type { Sandbox } from '../../../sandbox/server.ts';
import type { Offer } from '../../../src/domain/offer.ts';
import type { Passenger } from '../../../src/domain/passenger.ts';
import type { CancellationRefusal, OrderRefusal, OrderRequest, Seller } from '../../../src/ports/flights.ts';

/** A one-way route, by IATA codes. */
export interface Route {
  readonly origin: string;
  readonly destination: string;
}

/** One documented way in which the seller answers create-order. */
export interface OrderCase {
  readonly title: string;
  /** The route on which the stand-in behaves like this by itself; else the one that sells. */
  readonly route?: Route;
  /** Makes the stand-in behave like this for the next order of the offer. */
  readonly arrange?: (sandbox: Sandbox, offer: Offer) => void;
  /** What of the request provokes the answer. */
  readonly change?: (request: OrderRequest) => OrderRequest;
}

/** An adapter that calls a stand-in of its own over HTTP. */
export interface RunningSeller {
  readonly sandbox: Sandbox;
  readonly seller: Seller;
  close(): Promise<void>;
}

/** A seller of flights, its stand-in, and how that one is made to behave in each documented way. */
export interface SellerUnderTest {
  /** As `Offer.provider` names it. */
  readonly name: string;
  start(): Promise<RunningSeller>;
  readonly routes: {
    readonly sells: Route;
    readonly hasNoOffers: Route;
    readonly searchTimesOut: Route;
    readonly dearerAtEachRead: Route;
    readonly goneAtRead: Route;
    /** Refunds go to somebody else than us. */
    readonly refundsElsewhere: Route;
  };
  /** An id of the seller's form that names no order. */
  readonly missingOrderId: string;
  /** Answers after which there is certainly no order; at least one per class. */
  readonly orderRefusals: Readonly<Record<OrderRefusal, readonly [OrderCase, ...OrderCase[]]>>;
  /** Answers that leave open whether there is an order, and what there is in the end. */
  readonly ordersUnknown: readonly (OrderCase & { readonly orders: 0 | 1 })[];
  /** The call is turned away before it begins, with a wait of up to `maxWaitMs`. */
  readonly orderTurnedAway: readonly (OrderCase & {
    readonly maxWaitMs: number;
    readonly minWaitMs?: number;
  })[];
  /** The seller refuses our account: a rotated key, a missing permission. Each makes the next call of any kind fail so. */
  readonly accountTroubles: readonly {
    readonly title: string;
    readonly refuse: (sandbox: Sandbox) => void;
  }[];
  /** Successes of create-order that can't be read, but for the order's id. */
  readonly unreadableSuccesses: readonly OrderCase[];
  /** Lets an order lack what a booking needs, as no documentation says. */
  spoilOrder(sandbox: Sandbox, orderId: string, spoil: 'no_reference' | 'unreadable'): void;
  /** Lets one offer of the next search lack what a booking needs. */
  spoilOffer(sandbox: Sandbox): void;
  /** As if another deployment on the same account, or nobody by name, had made the order. */
  renameMaker(sandbox: Sandbox, orderId: string, deployment: string | null): void;
  readonly cancellationRefusals: Readonly<
    Record<Extract<CancellationRefusal, 'refused'>, (sandbox: Sandbox) => void>
  >;
  /** Each makes the next `times` reads of an offer or order fail. */
  readonly failReads: {
    readonly rateLimited: (sandbox: Sandbox, times: number) => void;
    readonly serverError: (sandbox: Sandbox, times: number) => void;
    readonly reset: (sandbox: Sandbox, times: number) => void;
    readonly notJson: (sandbox: Sandbox, times: number) => void;
  };
  setRefundable(sandbox: Sandbox, offerId: string, refundable: boolean | null): void;
  /** The next cancellation quote does not say what is refunded. */
  hideRefund(sandbox: Sandbox): void;
  /** The airline changes the order of its own accord. @returns the change's id */
  changeOrder(
    sandbox: Sandbox,
    orderId: string,
    move: { readonly minutes?: number; readonly gone?: boolean; readonly acceptMs?: number },
  ): string;
  /** The airline cancels the order. @param refund what it says to have given back; undefined: nothing */
  cancelByAirline(sandbox: Sandbox, orderId: string, refund: string | undefined): void;
  /** The answer to the next acceptance is lost. */
  loseAcceptance(sandbox: Sandbox): void;
  /** How often create-order reached the stand-in. */
  orderCalls(sandbox: Sandbox): number;
  /** Orders of the offer in the stand-in's own books, cancelled ones included. */
  ordersAtSeller(sandbox: Sandbox, offerId: string): number;
  /** The given names on an order, in the order of the offer's passengers. */
  givenNames(sandbox: Sandbox, orderId: string): readonly string[];
  /** Puts so many more orders like this one into the stand-in's books. */
  copyOrder(sandbox: Sandbox, orderId: string, copies: number): void;
}

export const ADA: Passenger = {
  title: 'ms',
  givenName: 'Ada',
  familyName: 'Lovelace',
  bornOn: '1990-12-10',
  gender: 'f',
  email: 'ada@parker.example',
  phone: '+442080160509',
};
