import type { BookingStatus } from '../../domain/booking.ts';
import type { Cancellation, CancellationPatch } from '../../domain/cancellation.ts';
import type { TripTransition } from '../../domain/trip.ts';
import type { NotificationRequest } from './notifications.ts';
import type { SagaStore } from './saga.ts';

/** What the end of a cancellation means for trip, booking and mail. `services/cancelling/cancellation-end.ts` decides it. */
export interface CancellationEnd {
  /** Absent: the trip stays as it is. */
  readonly trip?: TripTransition;
  /** Absent: the booking stays as it is. */
  readonly booking?: { readonly status: Exclude<BookingStatus, 'CONFIRMED'>; readonly refundedMinor: number };
  /** Failed refunds, by the provider's ids, that need no person any more. */
  readonly resolvesRefunds?: readonly string[];
  /** The traveller may ask again. */
  readonly clearsRequest?: true;
  readonly notifications: readonly NotificationRequest[];
}

/** A cancellation that no worker runs though it is not done. */
export interface AbandonedCancellation {
  readonly bookingId: string;
  readonly epoch: number;
  readonly correlationId: string | null;
}

/** A live cancellation that takes longer than it should. */
export type OverdueCancellation = Pick<
  Cancellation,
  'id' | 'tripId' | 'userId' | 'attemptId' | 'step' | 'correlationId'
>;

/** Cancellations in storage. */
export interface CancellationStore extends SagaStore<Cancellation, CancellationPatch, CancellationEnd> {
  /**
   * Claims the live cancellation of a booking. A booking whose cancellation was requested without a row of its own gets
   * one: the version before wrote none.
   * @param id of the booking
   */
  claim(id: string): ReturnType<SagaStore<Cancellation, CancellationPatch, CancellationEnd>['claim']>;
  /** Requested cancellations whose claim lapsed, or that no job has run for `idleMs`; oldest first. */
  abandoned(idleMs: number, limit: number): Promise<readonly AbandonedCancellation[]>;
  /** Live cancellations that were requested more than `ms` ago, whether or not a worker has claimed them; oldest first. */
  overdue(ms: number, limit: number): Promise<readonly OverdueCancellation[]>;
}
