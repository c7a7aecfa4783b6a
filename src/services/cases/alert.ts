import { byUrgency, loudnessOf, type OpenCase } from '../../domain/case.ts';
import type { Outbox } from '../../ports/outbox.ts';
import type { CaseStore } from '../../ports/storage/cases.ts';
import type { NotificationRequest, NotificationWriter } from '../../ports/storage/notifications.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';
import { opsAlert } from '../notifications/ops-alert.ts';

export interface CaseSweepPorts {
  readonly cases: Pick<CaseStore, 'open' | 'unfinished'>;
  readonly notifications: NotificationWriter;
  readonly outbox: Pick<Outbox, 'enqueue'>;
  readonly clock: { now(): Date };
}

const LIMIT = 500;
/** Whatever made the case has alerted once; what is still open after this is alerted again. */
const FIRST_AFTER_MS = 15 * 60_000;
/** A decision that no job carried out for so long is enqueued again. */
const ACTION_IDLE_MS = 75_000;
/** A case that was taken is alerted again when so little is left, in ms: taken is not ended. */
const TAKEN_UNTIL_MS = 6 * 3_600_000;

/** Alerts what waits for a person until it is taken, and enqueues decisions again that were not carried out. */
export async function sweepCases(ports: CaseSweepPorts, slot: string): Promise<number> {
  const now = ports.clock.now();
  const open = await ports.cases.open(LIMIT);
  const due = open.filter((one) => isDue(one, now)).sort(byUrgency);
  if (due.length) await ports.notifications.enqueue(due.map((one) => caseAlert(one, now)));
  for (const { id: actionId } of await ports.cases.unfinished(ACTION_IDLE_MS, LIMIT))
    await ports.outbox.enqueue([toOutboxJob('case', { actionId, nudge: slot })]);
  return due.length;
}

function isDue({ since, deadline, takenBy }: OpenCase, now: Date): boolean {
  if (now.getTime() - since.getTime() < FIRST_AFTER_MS) return false;
  if (!takenBy) return true;
  return deadline !== null && deadline.getTime() - now.getTime() <= TAKEN_UNTIL_MS;
}

/** One alert a slot; the nearer the deadline, the shorter the slot. */
export function caseAlert(one: OpenCase, now: Date): NotificationRequest {
  const { severity, everyMs } = loudnessOf(one, now);
  const slot = Math.floor(now.getTime() / everyMs).toString(36);
  const { id, kind, code, version, deadline, takenBy, userId, tripId, attemptId, correlationId } = one;
  const waits = `A ${kind} waits for a person since ${one.since.toISOString()}: ${one.message}`;
  const until = deadline ? ` Decide before ${deadline.toISOString()}.` : '';
  const who = takenBy ? ` ${takenBy} has taken it.` : ` Take it: npx parker case ${id} take.`;
  return opsAlert({
    kind: 'needs_human',
    code,
    message: `${severity.toUpperCase()}. ${waits}${until}${who}`,
    about: { userId, tripId, correlationId },
    attemptId,
    dedupe: `case:${id}:${version}:${everyMs / 60_000}m:${slot}`,
    more: { severity, caseId: id },
  });
}
