import type { AirlineChange } from '../domain/airline-change.ts';
import type { OrderFacts } from '../domain/attempt.ts';
import type { Money } from '../domain/money.ts';
import type { Offer, Slice } from '../domain/offer.ts';
import type { Passenger } from '../domain/passenger.ts';
import type { SearchParams } from '../domain/search.ts';
import { Permanent } from '../errors.ts';
import type { MadeBy, VendorPage, VendorRows } from './vendor-list.ts';
import type { WebhookReceiver } from './webhooks.ts';

/** What one search brought. No offers is an answer, not an error. */
export interface SearchResult {
  readonly requestId: string;
  readonly offers: readonly { offer: Offer; raw: unknown }[];
}

/** Who flies, as a search may know it. */
export type Flyer = Pick<Passenger, 'givenName' | 'familyName' | 'loyaltyAccounts'>;

/** An order to be made of an offer. */
export interface OrderRequest {
  readonly offer: Offer;
  /** In the order of the offer's passengers. */
  readonly passengers: readonly Passenger[];
  /** Both are stored with the order, so that it is found again when the answer is lost. */
  readonly attemptId: string;
  readonly tripId: string;
}

/** An order that was just made. */
export interface MadeOrder extends OrderFacts {
  /** The seller's answer as it came, without what says who travels. */
  readonly answer: unknown;
}

/** An order as it stands at the seller now. */
export interface FoundOrder {
  readonly facts: OrderFacts;
  /** From our own metadata: whose order it is. */
  readonly attemptId: string | null;
  readonly madeBy: MadeBy;
  readonly cancelled: boolean;
  readonly cancellable: boolean;
  /** What the cancellation refunded to us; null when unknown or not cancelled. */
  readonly refund: Money | null;
  /** The flights as they are now; null when they can't be read. */
  readonly slices: readonly Slice[] | null;
  /** What the airline changed of its own accord, oldest first. */
  readonly changes: readonly AirlineChange[];
}

/** An order as the seller's list shows it, with enough to resume an attempt that storage has lost. */
export interface ListedOrder extends FoundOrder {
  readonly createdAt: Date;
  readonly tripId: string | null;
  /** What was bought; null when the order does not say all that an offer needs. */
  readonly offer: Offer | null;
}

/** What a cancellation would refund, if it were confirmed now. */
export interface CancellationQuote {
  readonly id: string;
  /** Null is unknown, not zero. */
  readonly refund: Money | null;
  /** Where the refund would go; only `balance` is ours. */
  readonly refundTo: string;
  /** Until when it can be confirmed; null or absent when the seller does not say. */
  readonly expiresAt?: Date | null;
}

/**
 * Everything Parker needs of a seller of flights. Reads and searches throw Retryable or Permanent; each write says itself
 * what it throws.
 */
export interface FlightProvider {
  /**
   * @param flyers all who fly, in the order of `params.passengers`, so that their loyalty accounts count; a search without
   * them says nothing of a person, and can be shared
   */
  search(params: SearchParams, flyers?: readonly Flyer[]): Promise<SearchResult>;
  /** The offer as it stands now, re-priced by the airline. */
  offer(offerId: string): Promise<{ offer: Offer; raw: unknown }>;
  /**
   * Creates an order, once: the caller never repeats it.
   * @throws OrderRefused there is certainly no order · Retryable turned away before it began · OutcomeUnknown look it up;
   * a success that can't be read is one, and names the order
   */
  createOrder(request: OrderRequest): Promise<MadeOrder>;
  /** @throws Retryable also when the order can't be read */
  order(orderId: string): Promise<FoundOrder>;
  /** Orders made from this offer. None is no proof that there is none: an order may show up hours later. */
  ordersOf(offerId: string): Promise<VendorRows<FoundOrder>>;
  /** A page of the account's orders since then. @param after the `next` of the page before; null for the first */
  ordersSince(since: Date, after: string | null): Promise<VendorPage<ListedOrder>>;
  quoteCancellation(orderId: string): Promise<CancellationQuote>;
  /**
   * Cancels at the quoted terms; a second confirmation of the same quote changes nothing.
   * @throws CancellationRefused
   */
  confirmCancellation(cancellationId: string): Promise<void>;
  /**
   * Accepts a change that the airline made. Whether it is accepted is what the order says afterwards: people may have to work on it.
   * @throws ChangeRefused · Retryable, after which it may be accepted all the same
   */
  acceptChange(changeId: string): Promise<void>;
}

/** One seller of flights, as src/app/sellers.ts lists it. */
export interface Seller {
  /** The `provider` of its offers, and its name in health checks. It is stored with offers and orders, so it never changes. */
  readonly name: string;
  readonly flights: FlightProvider;
  /** Null when the seller sends no webhooks. */
  readonly webhooks: WebhookReceiver | null;
  /** Whether its orders are real tickets for real money. */
  readonly live: boolean;
  /** Whether the seller made this id of an offer, an order or a cancellation. */
  owns(id: string): boolean;
  /** State of the circuit breaker: `closed`, `open` or `half-open`. */
  readonly circuit: () => string;
}

/**
 * Why a seller certainly made no order.
 * `offer_gone`: sold or expired · `offer_request_used`: the offer's request was booked before, possibly by us ·
 * `price_changed` · `passenger_data`: the traveller must correct something · `our_account`: our balance or payment ·
 * `not_created`: the airline could not, this time · `refused`: for another reason, for good.
 */
export type OrderRefusal =
  | 'offer_gone'
  | 'offer_request_used'
  | 'price_changed'
  | 'passenger_data'
  | 'our_account'
  | 'not_created'
  | 'refused';

/** There is certainly no order. */
export class OrderRefused extends Permanent {
  readonly refusal: OrderRefusal;
  /** @param code the seller's own word, for the audit log */
  constructor(code: string, refusal: OrderRefusal, message: string) {
    super(code, message);
    this.refusal = refusal;
  }
}

/** `quote_stale`: request a new quote · `already_cancelled` · `refused`: for good. */
export type CancellationRefusal = 'quote_stale' | 'already_cancelled' | 'refused';

/** The seller refused to quote or confirm a cancellation. */
export class CancellationRefused extends Permanent {
  readonly refusal: CancellationRefusal;
  /** @param code the seller's own word, for the audit log */
  constructor(code: string, refusal: CancellationRefusal, message: string) {
    super(code, message);
    this.refusal = refusal;
  }
}

/** `superseded`: the airline has changed the order again since · `refused`: for good. */
export type ChangeRefusal = 'superseded' | 'refused';

/** The seller refused to accept an airline's change. */
export class ChangeRefused extends Permanent {
  readonly refusal: ChangeRefusal;
  /** @param code the seller's own word, for the audit log */
  constructor(code: string, refusal: ChangeRefusal, message: string) {
    super(code, message);
    this.refusal = refusal;
  }
}
