import { audit } from '../../db/audits.ts';
import {
  type ClaimedNotification,
  claimNotification,
  closeNotification,
  releaseNotification,
} from '../../db/notifications.ts';
import { findTrip, type TripRow } from '../../db/trips.ts';
import { byAge } from '../../domain/search.ts';
import { codeOf, Permanent } from '../../errors.ts';
import type { AlertProvider } from '../../providers/ops-alerts.ts';
import type { MailProvider } from '../../providers/resend.ts';
import type { Logging } from '../deps.ts';
import type { Traveler } from '../travelers.ts';
import type { Vault } from '../vault.ts';
import type { LetterDeps } from './letters.ts';

export interface NotifyDeps extends LetterDeps, Logging {
  readonly vault: Vault;
  readonly mail: MailProvider;
  readonly alerts: AlertProvider;
  readonly opsEmail: string | undefined;
}

/** Resend forgets idempotency keys after 24 hours; past that a repeat might be a second mail. */
const GIVE_UP_AFTER_MS = 23 * 3_600_000;

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

async function deliver(deps: NotifyDeps, row: ClaimedNotification): Promise<string> {
  if (row.kind === 'ops_alert') return deliverAlert(deps, row);
  const trip = await findTrip(deps.db, row.tripId ?? '');
  if (!trip) throw new Permanent('trip_missing', 'the trip of the notification is gone');
  const travelers = await travelersOf(deps, trip);
  const to = (await deps.vault.emailOf(deps.db, trip.userId)) ?? travelers[0]?.email;
  if (!to) throw new Permanent('no_address', 'there is no address to write to');
  // React and its e-mail parts take 20 MB: a worker that has written no mail has not loaded them.
  const { confirmation, notice } = await import('./letters.ts');
  const mail =
    row.kind === 'booking_confirmed'
      ? await confirmation(deps, row, trip, travelers)
      : await notice(deps, row, trip);
  return deps.mail.send({ ...mail, to, correlationId: row.correlationId }, row.id);
}

async function deliverAlert(deps: NotifyDeps, row: ClaimedNotification): Promise<string> {
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
