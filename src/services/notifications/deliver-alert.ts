import { createHash } from 'node:crypto';
import { codeOf, Permanent } from '../../errors.ts';
import type { AlertProvider } from '../../ports/alerts.ts';
import type { Logger } from '../../ports/log.ts';
import type { MailProvider } from '../../ports/mail.ts';
import type { ClaimedNotification } from '../../ports/storage/notifications.ts';
import type { ReceiptStore } from '../../ports/storage/receipts.ts';
import { type Attachments, receiptFiles } from '../evidence/receipt-files.ts';

/** Everything that delivering an ops alert needs of the outside. */
export interface AlertPorts {
  /** Null without an address. */
  readonly alerts: AlertProvider | null;
  readonly mail: MailProvider;
  /** Where alerts are mailed to, beside the alert provider; undefined when they are not. */
  readonly opsEmail: string | undefined;
  /** Where the API is. */
  readonly appUrl: string;
  readonly receipts: ReceiptStore;
  readonly log: Logger;
}

/**
 * Delivers an ops alert by every way that has an address, all at once: a way that hangs or fails keeps no other from being heard.
 * @returns which ways, or the provider's id of the mail; one way is enough
 * @throws Permanent `no_alert_address` when there is no way; else the error of a way, one that may pass if there is one
 */
export async function deliverAlert(ports: AlertPorts, claimed: ClaimedNotification): Promise<string> {
  const { id, tripId, correlationId } = claimed;
  const { code, receipt } = claimed.data as AlertData;
  const evidence = receipt ? evidenceText(ports, tripId) : null;
  const text = alertText(claimed, evidence);
  ports.log.warn({ tripId, code }, 'ops alert');
  const ways: Promise<string>[] = [];
  const { alerts, mail, opsEmail } = ports;
  if (alerts) ways.push(alerts.alert(text).then(() => 'webhook'));
  if (opsEmail) {
    const content = { subject: `Parker: ${code}`, text, html: `<p>${text}</p>`, correlationId };
    ways.push(
      attachmentsOf(ports, claimed, receipt).then((attachments) =>
        mail.send({ ...content, to: opsEmail, attachments }, mailKey(id, attachments)),
      ),
    );
  }
  if (ways.length === 0) throw new Permanent('no_alert_address', 'there is no address for ops alerts');
  const results = await Promise.allSettled(ways);
  const sent = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  for (const error of failed)
    ports.log.warn({ notificationId: id, code: codeOf(error) }, 'a way of ops alerts failed');
  if (sent.length === 0) throw failed.find((error) => !(error instanceof Permanent)) ?? failed[0];
  return sent.join(' ');
}

/** What an alert carries. Versions before wrote no kind: there the code was all. */
interface AlertData {
  readonly kind?: string;
  readonly code: string;
  readonly message: string;
  readonly attemptId?: string;
  readonly caseId?: string;
  readonly receipt?: true;
}

/** What happened, to which trip, the command that shows it, and where it stands what to do. */
function alertText({ tripId, correlationId, data }: ClaimedNotification, evidence: string | null): string {
  const { kind, code, message, attemptId, caseId } = data as AlertData;
  const name = kind && kind !== code ? `${kind} (${code})` : code;
  const look = lookCommand(kind ?? code, { tripId: tripId ?? attemptId, caseId });
  return [
    `Parker ops: ${name}. ${message}`,
    evidence,
    tripId ? `Trip ${tripId}.` : attemptId && `Attempt ${attemptId}.`,
    correlationId && `Correlation ${correlationId}.`,
    look && `Look: ${look}.`,
    `What to do: docs/runbook-money.md, ${kind === 'needs_human' ? code : (kind ?? code)}.`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** The command that shows what an alert is about; null where no command does. */
function lookCommand(
  kind: string,
  { tripId, caseId }: { tripId: string | undefined; caseId: string | undefined },
): string | null {
  if (tripId) return `npx parker trip ${tripId}`;
  if (caseId) return `npx parker case ${caseId}`;
  return ['fuse_blown', 'user_limit', 'unrated_currency'].includes(kind) ? 'npx parker fuse' : null;
}

/** Where an alert that only has a line says that the receipt is. */
const evidenceText = ({ appUrl }: AlertPorts, tripId: string | null): string =>
  `The receipt of the trip is the evidence: attached to the mail, and at ${appUrl.replace(/\/$/, '')}/api/ops/trips/${tripId}/receipt.`;

/** An alert whose receipt can't be read is sent without it: the deadline is in its text. */
async function attachmentsOf(
  { receipts, log }: AlertPorts,
  { id, userId, tripId }: ClaimedNotification,
  receipt: true | undefined,
): Promise<Attachments> {
  if (!receipt || !userId || !tripId) return [];
  try {
    return await receiptFiles(receipts, userId, tripId);
  } catch (error) {
    log.warn({ notificationId: id, code: codeOf(error) }, 'an alert goes without its receipt');
    return [];
  }
}

/**
 * The mail provider refuses another content under a key for good. A receipt may have grown since the first try, so that its mail
 * has a key of its own: ops may get the alert twice, and never not at all.
 */
function mailKey(id: string, attachments: Attachments): string {
  if (attachments.length === 0) return id;
  const hash = createHash('sha256');
  for (const { content } of attachments) hash.update(content);
  return `${id}-${hash.digest('hex').slice(0, 16)}`;
}
