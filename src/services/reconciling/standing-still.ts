import type { StandingPorts } from './ports.ts';

/** Longer than any wait the saga asks for, a vendor's rate limit included. */
const ATTEMPT_IDLE_MS = 75_000;
/** A notification or webhook that waited this long has lost its job. */
const STALE_MS = 60_000;
/** Nothing should take this long; compensation that does (a vendor down for hours) goes on, and people hear of it. */
const STUCK_MS = 15 * 60_000;
const LIMIT = 500;
/** A nudge is asked for at most once in this time; jobs that have run keep their ids for a while. */
const NUDGE_MS = 30_000;

export interface Reconciled {
  readonly attempts: number;
  readonly notifications: number;
  readonly webhooks: number;
}

/** Finds what stands still though it should move, and asks for it again; needs nothing that Redis remembers. */
export async function reconcileAll({ standing, directory, clock }: StandingPorts): Promise<Reconciled> {
  const bucket = Math.floor(clock.now().getTime() / NUDGE_MS).toString(36);
  const attempts = await standing.abandoned(ATTEMPT_IDLE_MS, LIMIT);
  for (const attempt of attempts) await directory.nudge(attempt, `e${attempt.epoch}-${bucket}`);
  const notifications = await standing.unsent(STALE_MS, LIMIT);
  for (const notification of notifications) await standing.resend(notification, bucket);
  const webhooks = await standing.unlooked(STALE_MS, LIMIT);
  for (const event of webhooks) await standing.lookAgain(event, bucket);
  for (const attempt of await standing.stuck(STUCK_MS, LIMIT))
    await standing.alert(
      attempt,
      'stuck',
      `A booking attempt has stood at ${attempt.step} for over 15 minutes.`,
    );
  await standing.alertFuse();
  return { attempts: attempts.length, notifications: notifications.length, webhooks: webhooks.length };
}
