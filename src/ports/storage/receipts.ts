import type { DecisionRecord } from '../../domain/decision.ts';
import type { Criteria } from '../../domain/selection.ts';
import type { Outcome } from '../../domain/trip.ts';
import type { ChainedEntry } from './audit-log.ts';
import type { Booking } from './bookings.ts';

/** What a receipt says of the trip itself. */
export interface ReceiptTrip {
  readonly outcome: Outcome;
  readonly criteria: Criteria;
  readonly maxPriceMinor: number;
  readonly currency: string;
  readonly selectedOfferId: string | null;
}

/** A decision, with what it was made on and the flags of that moment. */
export interface RecordedDecision {
  readonly at: Date;
  readonly type: string;
  readonly attemptId: string | null;
  readonly flags: Record<string, boolean> | null;
  readonly evidence: DecisionRecord | null;
  readonly seq: number | null;
  readonly hash: string;
}

/** An entry that says something of the money, with what the attempt behind it has at the providers. */
export interface MoneyEvent {
  readonly at: Date;
  readonly type: string;
  readonly detail: unknown;
  readonly attemptId: string | null;
  readonly paymentIntentId: string | null;
  readonly orderId: string | null;
}

/** What one receipt is made of. */
export interface ReceiptRecords {
  readonly trip: ReceiptTrip;
  /** Undefined while the trip is not booked. */
  readonly booking: Booking | undefined;
  readonly decisions: readonly RecordedDecision[];
  readonly money: readonly MoneyEvent[];
  readonly entries: readonly Pick<ChainedEntry, 'chain' | 'seq' | 'canonical' | 'prevHash' | 'hash'>[];
}

/** What receipts are made of, read as the user. */
export interface ReceiptStore {
  /**
   * Everything a trip's receipt needs, in one transaction.
   * @param options.moneyTypes the types of entries that say something of the money
   * @param options.limit of entries
   * @returns undefined when the user has no such trip
   */
  read(
    userId: string,
    tripId: string,
    options: { readonly moneyTypes: readonly string[]; readonly limit: number },
  ): Promise<ReceiptRecords | undefined>;
  /** Whose trip it is; undefined when there is none that this reader may see. */
  ownerOf(tripId: string): Promise<string | undefined>;
}
