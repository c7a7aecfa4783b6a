import type { Passenger } from '../../domain/passenger.ts';
import { byAge } from '../../domain/search.ts';
import { CONFIRM_PAYMENT, type Outcome } from '../../domain/trip.ts';
import { codeOf, Permanent } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Mail } from '../../ports/mail.ts';
import type { AuditEntry } from '../../ports/storage/audit.ts';
import type {
  ClaimedNotification,
  NotificationStore,
  NotifiedTrip,
} from '../../ports/storage/notifications.ts';
import type { PiiCipher } from '../privacy/pii-cipher.ts';
import { type AlertPorts, deliverAlert } from './deliver-alert.ts';
import type { RenderOptions } from './render-email.ts';

/** Everything that sending a notification needs of the outside. */
export interface NotifyPorts extends RenderOptions, AlertPorts {
  readonly notifications: NotificationStore;
  readonly cipher: Pick<PiiCipher, 'decrypt'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Resend forgets idempotency keys after 24 hours; past that a repeat might be a second mail. */
const GIVE_UP_AFTER_MS = 23 * 3_600_000;

/**
 * Sends one notification, at most once: the claim keeps two workers apart, and the notification's id is the key under which
 * the mail provider sends a mail only once.
 * @throws Retryable when it should be tried again
 */
export async function sendNotification(
  ports: NotifyPorts,
  id: string,
): Promise<'sent' | 'given_up' | 'not_ours'> {
  const { notifications, clock, log } = ports;
  const claimed = await notifications.claim(id);
  if (!claimed) return 'not_ours';
  const { kind, firstTriedAt } = claimed;
  try {
    if (firstTriedAt && clock.now().getTime() - firstTriedAt.getTime() > GIVE_UP_AFTER_MS)
      throw new Permanent('too_late', 'the mail may have been sent a day ago');
    const providerId = await deliver(ports, claimed);
    await notifications.recordSent(id, providerId, entryOf(claimed));
    return 'sent';
  } catch (error) {
    if (error instanceof Permanent) {
      log.error({ notificationId: id, kind, code: error.code }, 'notification given up');
      await notifications.giveUp(id, error.code);
      return 'given_up';
    }
    await notifications.release(id, codeOf(error));
    throw error;
  }
}

/** A notification about the whole system has no entry in a user's audit log. */
function entryOf({ userId, tripId, kind, correlationId }: ClaimedNotification): AuditEntry | null {
  if (!userId) return null;
  const type = kind === 'ops_alert' ? 'ops.alerted' : 'email.sent';
  return { userId, tripId, type, detail: { kind }, actor: 'worker', correlationId };
}

/** Mails that say that there is no ticket, and mails that say that there is one. */
const SAY_NO_TICKET: readonly string[] = [
  'payment_failed',
  'booking_failed',
  'action_needed',
  'price_change',
  CONFIRM_PAYMENT,
];
const SAY_TICKET: readonly string[] = [
  'booking_confirmed',
  'cancellation_refused',
  'flights_changed',
  'tickets_issued',
];

/** @throws Permanent `overtaken` for a mail that waited while its trip moved on: it would say what is no longer true */
function refuseOvertaken(
  { kind, data }: ClaimedNotification,
  { outcome }: NotifiedTrip,
  booking: string | undefined,
): void {
  const overtaken = booking === 'CONFIRMED' ? SAY_NO_TICKET : booking ? SAY_TICKET : [];
  // Of two attempts to buy only the newer one's payment can be confirmed.
  const confirmable = outcome.confirmBy === (data as Partial<Outcome>).confirmBy;
  if (overtaken.includes(kind) || (kind === CONFIRM_PAYMENT && !confirmable))
    throw new Permanent('overtaken', 'the trip has moved on since this mail was due');
}

const ABOUT_BOOKINGS = [
  'booking_confirmed',
  'booking_cancelled',
  'flights_changed',
  'tickets_issued',
] as const;
const isAboutBooking = (kind: string): kind is (typeof ABOUT_BOOKINGS)[number] =>
  ABOUT_BOOKINGS.some((one) => one === kind);

/** @returns the provider's id of the mail */
async function deliver(ports: NotifyPorts, claimed: ClaimedNotification): Promise<string> {
  if (claimed.kind === 'ops_alert') return deliverAlert(ports, claimed);
  const { to, ...content } = await mailOf(ports, claimed);
  return ports.mail.send({ ...content, to, correlationId: claimed.correlationId }, claimed.id);
}

async function mailOf(
  ports: NotifyPorts,
  claimed: ClaimedNotification,
): Promise<Omit<Mail, 'correlationId'>> {
  const { notifications, cipher } = ports;
  const found = await notifications.findTrip(claimed.tripId ?? '');
  if (!found) throw new Permanent('trip_missing', 'the trip of the notification is gone');
  const { trip, people } = found;
  const decrypt = <T>(encrypted: Buffer) => cipher.decrypt<T>(people.dataKey, trip.userId, encrypted);
  const travelers = byAge(people.travelers.map(decrypt<Passenger>));
  const to = (people.email && decrypt<string>(people.email)) ?? travelers[0]?.email;
  if (!to) throw new Permanent('no_address', 'there is no address to write to');
  // React and react-email take 26 MB: a worker that has sent no e-mail has not loaded them.
  const { renderCancellation, renderConfirmation, renderTripUpdate } = await import('./render-email.ts');
  const { renderFlightsChanged, renderTicketsIssued } = await import('./render-order-news.ts');
  const { kind } = claimed;
  const booking = await notifications.findBooking(trip.id);
  refuseOvertaken(claimed, trip, booking?.status);
  if (!isAboutBooking(kind)) return { to, ...(await renderTripUpdate(ports, claimed, trip)) };
  if (!booking) throw new Permanent('booking_missing', 'the booking of the notification is gone');
  switch (kind) {
    case 'booking_cancelled':
      return { to, ...(await renderCancellation(ports, claimed, trip, booking)) };
    case 'flights_changed':
      return { to, ...(await renderFlightsChanged(ports, claimed, trip, booking)) };
    case 'tickets_issued':
      return { to, ...(await renderTicketsIssued(ports, claimed, trip, travelers, booking)) };
    case 'booking_confirmed':
      return { to, ...(await renderConfirmation(ports, claimed, trip, travelers, booking)) };
  }
}
