import { render } from '@react-email/render';
import { DateTime } from 'luxon';
import { createElement } from 'react';
import { audit } from '../db/audits.ts';
import { claimNotification, closeNotification, releaseNotification } from '../db/notifications.ts';
import type { TripRow } from '../db/trips.ts';
import { moneyText } from '../domain/money.ts';
import { byAge } from '../domain/search.ts';
import { BookingConfirmed } from '../emails/booking-confirmed.tsx';
import { calendarFile } from '../emails/calendar.ts';
import { Notice, type NoticeKind, WORDING } from '../emails/notice.tsx';
import { codeOf, Permanent } from '../errors.ts';
import type { AlertProvider } from '../providers/ops-alerts.ts';
import type { Mail, MailProvider } from '../providers/resend.ts';
import type { Logging, Storage } from './deps.ts';
import type { Traveler } from './travelers.ts';
import type { Vault } from './vault.ts';

export interface NotifyDeps extends Storage, Logging {
  readonly vault: Vault;
  readonly mail: MailProvider;
  readonly alerts: AlertProvider;
  readonly appUrl: string;
  readonly mailFrom: string;
  readonly opsEmail: string | undefined;
}

/** Resend forgets idempotency keys after 24 hours; past that a repeat might be a second mail. */
const GIVE_UP_AFTER_MS = 23 * 3_600_000;

type Row = NonNullable<Awaited<ReturnType<typeof claimNotification>>>;

/**
 * Sends one notification, at most once: the claim keeps two workers apart, and its id is the key under which Resend
 * sends a mail only once.
 * @throws Retryable when it should be tried again
 */
export async function sendNotification(
  deps: NotifyDeps,
  id: string,
): Promise<'sent' | 'given_up' | 'not_ours'> {
  const row = await claimNotification(deps.db, id);
  if (!row) return 'not_ours';
  try {
    if (row.firstTriedAt && Date.now() - row.firstTriedAt.getTime() > GIVE_UP_AFTER_MS)
      throw new Permanent('too_late', 'the mail may have been sent a day ago');
    const providerId = await deliver(deps, row);
    await deps.db.transaction().execute(async (trx) => {
      await closeNotification(trx, id, { status: 'SENT', providerId });
      const { userId, tripId, correlationId } = row;
      const type = row.kind === 'ops_alert' ? 'ops.alerted' : 'email.sent';
      if (userId)
        await audit(trx, {
          userId,
          tripId,
          type,
          detail: { kind: row.kind },
          actor: 'worker',
          correlationId,
        });
    });
    return 'sent';
  } catch (error) {
    if (error instanceof Permanent) {
      deps.log.error(
        { notificationId: id, kind: row.kind, code: error.code },
        'the notification can not be sent',
      );
      await closeNotification(deps.db, id, { status: 'FAILED', error: error.code });
      return 'given_up';
    }
    await releaseNotification(deps.db, id, codeOf(error));
    throw error;
  }
}

async function deliver(deps: NotifyDeps, row: Row): Promise<string> {
  if (row.kind === 'ops_alert') return deliverAlert(deps, row);
  const trip = await deps.db
    .selectFrom('tripRequests')
    .selectAll()
    .where('id', '=', row.tripId ?? '')
    .executeTakeFirst();
  if (!trip) throw new Permanent('trip_missing', 'the trip of the notification is gone');
  const travelers = await travelersOf(deps, trip);
  const to = (await deps.vault.emailOf(deps.db, trip.userId)) ?? travelers[0]?.email;
  if (!to) throw new Permanent('no_address', 'there is no address to write to');
  const mail =
    row.kind === 'booking_confirmed'
      ? await confirmation(deps, row, trip, travelers)
      : await notice(deps, row, trip);
  return deps.mail.send({ ...mail, to, correlationId: row.correlationId }, row.id);
}

async function deliverAlert(deps: NotifyDeps, row: Row): Promise<string> {
  const { code, message } = row.data as { code: string; message: string };
  const text = `Parker needs a look: ${code}. ${message} Trip ${row.tripId}, correlation ${row.correlationId}.`;
  deps.log.warn({ tripId: row.tripId, code }, 'ops alert');
  await deps.alerts.alert(text);
  if (!deps.opsEmail) return 'webhook';
  const mail = {
    to: deps.opsEmail,
    subject: `Parker: ${code}`,
    text,
    html: `<p>${text}</p>`,
    correlationId: row.correlationId,
  };
  return deps.mail.send(mail, row.id);
}

async function travelersOf({ db, vault }: NotifyDeps, trip: TripRow): Promise<Traveler[]> {
  const rows = await db.selectFrom('travelers').select('pii').where('id', 'in', trip.travelerIds).execute();
  return byAge(await Promise.all(rows.map((row) => vault.open<Traveler>(db, trip.userId, row.pii))));
}

type Content = Omit<Mail, 'to' | 'correlationId'>;

async function notice(deps: NotifyDeps, row: Row, trip: TripRow): Promise<Content> {
  const kind = row.kind as NoticeKind;
  const when = DateTime.fromISO(trip.departureDate).toFormat('d LLLL yyyy');
  const journey = `${trip.origin} to ${trip.destination} on ${when}`;
  const element = createElement(Notice, {
    kind,
    journey,
    message: (row.data as { message?: string }).message ?? trip.outcome.message,
    ...footer(deps, row),
  });
  return { subject: `${WORDING[kind].title}: ${journey}`, ...(await rendered(element)) };
}

async function confirmation(
  deps: NotifyDeps,
  row: Row,
  trip: TripRow,
  travelers: readonly Traveler[],
): Promise<Content> {
  const booking = await deps.db
    .selectFrom('flightBookings as b')
    .innerJoin('bookingAttempts as a', 'a.id', 'b.attemptId')
    .select([
      'b.orderId',
      'b.bookingReference',
      'b.priceMinor',
      'b.currency',
      'b.ticketNumbers',
      'b.itinerary',
      'b.bookedAt',
      'a.offer',
    ])
    .where('b.tripId', '=', trip.id)
    .executeTakeFirst();
  if (!booking) throw new Permanent('booking_missing', 'the booking of the notification is gone');
  const { bookingReference, currency, ticketNumbers, itinerary, offer } = booking;
  const card = trip.paymentMethodId
    ? await deps.db
        .selectFrom('paymentMethods')
        .select(['brand', 'last4'])
        .where('id', '=', trip.paymentMethodId)
        .executeTakeFirst()
    : undefined;
  const total = { label: 'Total', amount: moneyText({ minor: booking.priceMinor, currency }) };
  const parts = [
    { label: 'Fare', minor: offer?.baseMinor ?? null },
    { label: 'Taxes and fees', minor: offer?.taxMinor ?? null },
  ].flatMap(({ label, minor }) =>
    minor === null ? [] : [{ label, amount: moneyText({ minor, currency }) }],
  );
  const element = createElement(BookingConfirmed, {
    bookingReference,
    airlineName: offer?.airlineName ?? 'the airline',
    slices: itinerary,
    travelers: travelers.map(({ givenName, familyName }, index) => ({
      name: `${givenName} ${familyName}`,
      ticketNumber: ticketNumbers[index] ?? null,
    })),
    payment: [...parts, total],
    card: card ? `${card.brand.replace(/^./, (first) => first.toUpperCase())} ending in ${card.last4}` : null,
    ...footer(deps, row),
  });
  const content = Buffer.from(calendarFile(itinerary, booking));
  return {
    subject: `Booked: ${trip.origin} to ${trip.destination}, reference ${bookingReference}`,
    ...(await rendered(element)),
    attachments: [{ filename: `parker-${bookingReference}.ics`, content, contentType: 'text/calendar' }],
  };
}

const footer = ({ appUrl, mailFrom }: NotifyDeps, { tripId, correlationId }: Row) => ({
  supportAddress: /<(.+)>/.exec(mailFrom)?.[1] ?? mailFrom,
  tripUrl: `${appUrl.replace(/\/$/, '')}/trips/${tripId}`,
  correlationId,
});

async function rendered(element: Parameters<typeof render>[0]): Promise<{ html: string; text: string }> {
  return { html: await render(element), text: await render(element, { plainText: true }) };
}
