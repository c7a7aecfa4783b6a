import type { AirlineChange, ChangeState } from '../../domain/airline-change.ts';
import type { BookingStatus } from '../../domain/booking.ts';
import type { CancellationStatus } from '../../domain/cancellation.ts';
import type { Slice } from '../../domain/offer.ts';
import type { SagaEvent } from '../../domain/saga.ts';
import type { OutboxJob } from '../outbox.ts';
import type { NotificationRequest } from './notifications.ts';

/** A change as it is stored. */
export interface StoredChange extends Omit<AirlineChange, 'decision' | 'pending'> {
  readonly id: string;
  /** The first change of a booking is 1. */
  readonly number: number;
  readonly state: ChangeState;
  readonly noticedAt: Date;
  /** When somebody asked for it to be accepted; null: nobody did. */
  readonly acceptRequestedAt: Date | null;
  /** What the seller answered: `asked`, or its refusal; null while that is unknown. */
  readonly acceptOutcome: string | null;
}

/** A booked order, with all that its next reading is compared with. */
export interface BookedOrder {
  readonly bookingId: string;
  readonly attemptId: string;
  readonly tripId: string;
  readonly userId: string;
  readonly orderId: string;
  readonly correlationId: string | null;
  readonly bookingReference: string;
  readonly status: BookingStatus;
  readonly bookedAt: Date;
  readonly itinerary: readonly Slice[];
  readonly ticketNumbers: readonly string[];
  /** The offer's passengers, in the order of the travellers. */
  readonly passengers: readonly { readonly id: string }[];
  /** Of its live cancellation; null when it has none. */
  readonly cancellation: CancellationStatus | null;
  /** In the order of their numbers. */
  readonly changes: readonly StoredChange[];
}

/** A change that storage does not know. */
export type NewChange = Omit<StoredChange, 'id' | 'noticedAt' | 'acceptRequestedAt' | 'acceptOutcome'>;

/** What one reading of an order changes, in one transaction. */
export interface OrderNews {
  readonly nextLookAt: Date | null;
  readonly ticketNumbers?: readonly string[];
  readonly itinerary?: readonly Slice[];
  /** The states of changes that are known, by their ids. */
  readonly decided: readonly { readonly id: string; readonly state: ChangeState }[];
  readonly added: readonly NewChange[];
  /** The order was cancelled without a request of ours: its cancellation is inserted, asked for by the airline. */
  readonly cancelledByAirline: boolean;
  readonly events: readonly SagaEvent[];
  readonly notifications: readonly NotificationRequest[];
  readonly jobs: readonly OutboxJob[];
}

/** A reading that is about to be asked for. */
export interface OrderReading {
  readonly orderId: string;
  /** By the storage's clock: of two readings the one that was asked for later counts. */
  readonly askedAt: Date;
}

/** A claim to ask the seller to accept a change; the intent is committed with it. */
export interface AcceptanceClaim {
  readonly id: string;
  readonly changeId: string;
  readonly orderId: string;
  /** How often the seller may have been asked, this time included. */
  readonly tries: number;
}

/** What came of asking the seller to accept a change. */
export interface AcceptanceResult {
  /** `asked`, or the seller's refusal. */
  readonly outcome: string;
  readonly notify: (order: BookedOrder) => Pick<OrderNews, 'events' | 'notifications'>;
}

/** Booked orders after their ticket. */
export interface BookedOrderStore {
  /** Undefined when no booking of ours has the order, or its booking is over. */
  open(orderId: string): Promise<OrderReading | undefined>;
  /**
   * Writes what a reading changes. The booking is locked meanwhile.
   * @returns `older`: a reading that was asked for later is written; `over`: the booking is cancelled. Then nothing was written
   */
  record(
    reading: OrderReading,
    decide: (order: BookedOrder) => OrderNews,
  ): Promise<'recorded' | 'older' | 'over'>;
  /** Orders that are due for a look, the longest waiting first. Each is not due again for ten minutes. */
  due(limit: number): Promise<readonly string[]>;
  /**
   * Claims an acceptance that was asked for, and commits the intent to call.
   * @returns undefined when it is decided, answered, or claimed by another worker
   */
  claimAcceptance(id: string): Promise<AcceptanceClaim | undefined>;
  /** Writes the seller's answer, and lets the order be read again at once. */
  closeAcceptance(claim: AcceptanceClaim, result: AcceptanceResult): Promise<void>;
  /** Ends the claim without an answer. */
  releaseAcceptance(claim: AcceptanceClaim): Promise<void>;
  /** Acceptances that were asked for and that no worker runs. */
  abandonedAcceptances(idleMs: number, limit: number): Promise<readonly { id: string; tries: number }[]>;
}
