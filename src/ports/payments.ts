import type { Dispute } from '../domain/dispute.ts';
import type { Money } from '../domain/money.ts';
import type { Refund } from '../domain/refund.ts';
import { Permanent } from '../errors.ts';
import type { MadeBy, VendorPage } from './vendor-list.ts';

/** A saved card. */
export interface Card {
  readonly paymentMethodId: string;
  readonly brand: string;
  readonly last4: string;
  readonly expMonth: number;
  readonly expYear: number;
}

/** Money reserved on a card, as it stands at the provider now. */
export interface Authorization {
  readonly paymentIntentId: string;
  /** `pending`: the issuer has not decided, or waits for the traveller. */
  readonly status: 'authorized' | 'captured' | 'voided' | 'pending';
  readonly amount: Money;
  readonly capturedMinor: number;
  /** Refunded of what was captured, in minor units. */
  readonly refundedMinor: number;
  /** When the authorization lapses; each card has its own. Null where the provider does not say. */
  readonly captureBefore: Date | null;
  /** Whose it is, from our own metadata. */
  readonly attemptId: string | null;
  readonly tripId: string | null;
  readonly madeBy: MadeBy;
  /** Why it is pending, where the provider says it. */
  readonly pendingFor: PendingReason | null;
}

/** `confirmation`: the issuer wants the traveller to confirm the payment, on session · `declined`: it said no, and nothing is reserved. */
export type PendingReason =
  | { readonly kind: 'confirmation' }
  | { readonly kind: 'declined'; readonly class: DeclineClass; readonly shownCode: string };

/** What a browser needs to confirm an authorization. The secret allows nothing else, and is stored nowhere. */
export interface PaymentConfirmation {
  readonly authorization: Authorization;
  readonly clientSecret: string;
  /** The card that it was tried with: the provider wants it named again. */
  readonly paymentMethodId: string | null;
}

/** An authorization as the provider's list shows it, with what became of its money. */
export interface ListedAuthorization extends Authorization {
  readonly createdAt: Date;
  /** Captured and not refunded, in minor units. */
  readonly keptMinor: number;
}

/** An amount to be reserved on a saved card. */
export interface AuthorizeRequest {
  /** Deterministic: the same key is answered with the same result. */
  readonly key: string;
  readonly customerId: string;
  readonly paymentMethodId: string;
  readonly amount: Money;
  readonly attemptId: string;
  readonly tripId: string;
}

/**
 * Everything Parker needs of a payment provider. Every call that moves money takes a deterministic key; the provider
 * answers the same key with the same result for 24 hours.
 *
 * Reads throw Retryable or Permanent. Writes throw Declined, PaymentRefused or another Permanent when nothing happened,
 * Retryable when the call did not begin, and OutcomeUnknown when it must be looked up.
 */
export interface PaymentProvider {
  createCustomer(userId: string): Promise<string>;
  /** @returns the client secret with which the browser saves a card for off-session use */
  startCardSetup(customerId: string): Promise<string>;
  saveCard(customerId: string, paymentMethodId: string): Promise<Card>;
  removeCard(paymentMethodId: string): Promise<void>;
  /** Reserves the amount, off-session. @throws Declined; OutcomeUnknown: look it up with authorizationsOf */
  authorize(request: AuthorizeRequest): Promise<Authorization>;
  authorization(paymentIntentId: string): Promise<Authorization>;
  confirmation(paymentIntentId: string): Promise<PaymentConfirmation>;
  /** A page of the customer's authorizations since then, newest first: how a lost answer is looked up. */
  authorizationsOf(
    customerId: string,
    since: Date,
    after: string | null,
  ): Promise<VendorPage<ListedAuthorization>>;
  /** A page of the account's authorizations since then, newest first. @param after the `next` of the page before */
  authorizationsSince(since: Date, after: string | null): Promise<VendorPage<ListedAuthorization>>;
  /** @returns the authorization as it stands after the call */
  capture(paymentIntentId: string, amount: Money, key: string): Promise<Authorization>;
  void(paymentIntentId: string, key: string): Promise<void>;
  /**
   * Asks for a refund. It is not over with the answer: read it again until it is.
   * @param attemptId whose payment it is: with the key, how the refund is found again
   * @throws PaymentRefused `already_refunded` when nothing is left to refund, `disputed` while a dispute forbids it
   */
  refund(paymentIntentId: string, amount: Money, key: string, attemptId: string): Promise<Refund>;
  /** Every refund of a payment, whoever asked for it; newest first. */
  refundsOf(paymentIntentId: string): Promise<readonly Refund[]>;
  /** Every dispute of a payment, newest first. */
  disputesOf(paymentIntentId: string): Promise<readonly Dispute[]>;
  /** All disputes of the account that were opened since then, newest first. */
  disputesSince(since: Date): Promise<readonly Dispute[]>;
  /** State of the circuit breaker: `closed`, `open` or `half-open`. */
  readonly circuit: () => string;
}

/**
 * What a decline requires of the traveller.
 * `retry_later`: the same card may work soon · `other_card`: another card is needed · `confirm_with_bank`: the issuer
 * wants the traveller's own confirmation · `undisclosed`: the reason must never be shown (stolen, lost, fraud).
 */
export type DeclineClass = 'retry_later' | 'other_card' | 'confirm_with_bank' | 'undisclosed';

/** The issuer said no. Nothing is reserved. */
export class Declined extends Permanent {
  readonly class: DeclineClass;
  /** The intent that the decline left behind, to be voided. */
  readonly paymentIntentId: string | null;
  /** What may be shown and stored where a traveller can read it: the provider's word, or `card_declined`. */
  readonly shownCode: string;
  /** @param code the provider's own word: for ops alone, where `shownCode` differs */
  constructor(
    code: string,
    declineClass: DeclineClass,
    paymentIntentId: string | null,
    shownCode: string = UNDISCLOSED,
  ) {
    super(code, `card declined: ${code}`);
    this.class = declineClass;
    this.paymentIntentId = paymentIntentId;
    this.shownCode = declineClass === 'undisclosed' ? UNDISCLOSED : shownCode;
  }
}

/** What stands for a reason that must not be shown, or that the table does not name. */
const UNDISCLOSED = 'card_declined';

/** Why the provider refused a call on an authorization. `amount`: it charges no so small an amount; nothing is wrong with the card, or with us. */
export type PaymentRefusal = 'already_refunded' | 'disputed' | 'amount' | 'refused';

/** The provider refused a call for good, and nothing happened. */
export class PaymentRefused extends Permanent {
  readonly refusal: PaymentRefusal;
  /** @param code the provider's own word, for logs and the audit log */
  constructor(code: string, refusal: PaymentRefusal, message: string) {
    super(code, message);
    this.refusal = refusal;
  }
}
