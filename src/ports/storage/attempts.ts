import type { Attempt, AttemptPatch } from '../../domain/attempt.ts';
import type { EventType } from '../../domain/event-types.ts';
import type { Money } from '../../domain/money.ts';
import type { Offer, Slice } from '../../domain/offer.ts';
import type { Outcome, TripTransition } from '../../domain/trip.ts';
import type { OutboxJob } from '../outbox.ts';
import type { AuditEntry } from './audit.ts';
import type { NotificationRequest } from './notifications.ts';
import type { SagaStore } from './saga.ts';

/** A booking attempt to be started on a trip that is watched. `services/booking/start.ts` builds it. */
export interface AttemptStart {
  readonly tripId: string;
  readonly userId: string;
  readonly correlationId: string;
  /** After it no new authorization and no new order begins. */
  readonly deadline: Date;
  /** The key of `wantedFare`, under which a worker of the version before finds no flights. */
  readonly wantedItinerary: string | null;
  /** Only this fare will do; null lets the fresh search choose. */
  readonly wantedFare: Offer | null;
  readonly selectedOfferId: string;
  /** What the traveller reads meanwhile. */
  readonly outcome: Outcome;
  /** The rest of the entry is the attempt's own. */
  readonly audit: Pick<AuditEntry, 'actor' | 'flags'> & {
    readonly type: EventType;
    readonly detail: Record<string, unknown>;
  };
  /** The job that runs the attempt; storage gives it its number. */
  readonly job: (attempt: { readonly id: string; readonly number: number }) => OutboxJob;
}

/** The ticket that an attempt bought. */
export interface NewBooking {
  readonly provider: string;
  readonly orderId: string;
  readonly paymentIntentId: string;
  readonly bookingReference: string;
  readonly price: Money;
  readonly ticketNumbers: readonly string[];
  readonly itinerary: readonly Slice[];
}

/** What the end of an attempt means for trip, booking and mail. `services/booking/attempt-end.ts` decides it. */
export interface AttemptEnd {
  readonly trip: TripTransition;
  readonly booking?: NewBooking;
  readonly notifications: readonly NotificationRequest[];
  /** Stored only when the trip was still in one of `trip.from`. */
  readonly whenTripMoved?: {
    readonly notifications: readonly NotificationRequest[];
    readonly jobs: readonly OutboxJob[];
  };
}

/** Booking attempts in storage. */
export type AttemptStore = SagaStore<Attempt, AttemptPatch, AttemptEnd>;
