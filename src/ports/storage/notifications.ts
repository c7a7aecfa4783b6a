import type { BookingStatus } from '../../domain/booking.ts';
import type { NotificationKind } from '../../domain/notification.ts';
import type { Slice } from '../../domain/offer.ts';
import type { Outcome } from '../../domain/trip.ts';
import type { OutboxJob } from '../outbox.ts';
import type { AuditEntry } from './audit.ts';

/** A notification to be sent. `services/notifications/request.ts` builds it. */
export interface NotificationRequest {
  readonly id: string;
  /** Null: it concerns the whole system, and goes to ops. */
  readonly userId: string | null;
  readonly tripId: string | null;
  readonly kind: NotificationKind | 'ops_alert';
  /** The same key is stored once, whoever requests it and however often. */
  readonly dedupeKey: string;
  readonly data: Record<string, unknown>;
  readonly correlationId: string | null;
  /** The job that sends it, stored only when the notification is new. */
  readonly job: OutboxJob;
}

/** A notification that the caller has claimed, to send it. */
export interface ClaimedNotification
  extends Pick<NotificationRequest, 'id' | 'userId' | 'tripId' | 'correlationId'> {
  readonly kind: string;
  readonly data: unknown;
  /** When a worker first claimed it; the claim of now included. */
  readonly firstTriedAt: Date | null;
}

/** The trip that a notification is about. */
export interface NotifiedTrip {
  readonly id: string;
  readonly userId: string;
  readonly origin: string;
  readonly destination: string;
  /** `yyyy-mm-dd`. */
  readonly departureDate: string;
  readonly outcome: Outcome;
}

/** Who is notified. What identifies a person is encrypted under the user's data key. */
export interface NotifiedPeople {
  /** The user's data key, wrapped. */
  readonly dataKey: Buffer;
  /** The address of the user's own account, encrypted; null when it has none. */
  readonly email: Buffer | null;
  /** The trip's travellers, encrypted, in no particular order. */
  readonly travelers: readonly Buffer[];
}

/** A ticket as a mail shows it. */
export interface NotifiedBooking {
  readonly status: BookingStatus;
  readonly orderId: string;
  readonly bookingReference: string;
  readonly priceMinor: number;
  readonly currency: string;
  readonly ticketNumbers: readonly string[];
  readonly itinerary: readonly Slice[];
  readonly bookedAt: Date;
  /** How often the airline has changed the flights. */
  readonly changes: number;
  /** Null when the attempt's offer is unknown. */
  readonly offer: {
    readonly airlineName: string;
    readonly baseMinor: number | null;
    readonly taxMinor: number | null;
  } | null;
  /** Null when the card was removed since. */
  readonly card: { readonly brand: string; readonly last4: string } | null;
}

/** Stores notifications that no other change of state gives their reason to. */
export interface NotificationWriter {
  /** Stores notifications whose key is new, each with its job. */
  enqueue(requests: readonly NotificationRequest[]): Promise<void>;
}

/** Notifications in storage. */
export interface NotificationStore extends NotificationWriter {
  /** Claims an unsent notification; undefined when it is sent, given up, or claimed by another worker. */
  claim(id: string): Promise<ClaimedNotification | undefined>;
  /** Ops alerts older than `staleMs` that are neither sent nor given up, and that no worker is sending; oldest first. */
  waitingAlerts(staleMs: number, limit: number): Promise<{ readonly id: string }[]>;
  findTrip(tripId: string): Promise<{ trip: NotifiedTrip; people: NotifiedPeople } | undefined>;
  findBooking(tripId: string): Promise<NotifiedBooking | undefined>;
  /** Closes a notification as sent, with its entry in the audit log if it has one, in one transaction. @param providerId of the mail */
  recordSent(id: string, providerId: string, entry: AuditEntry | null): Promise<void>;
  /** Closes a notification that will never be sent. */
  giveUp(id: string, code: string): Promise<void>;
  /** Ends the claim, so that the next try may begin at once. */
  release(id: string, code: string): Promise<void>;
}
