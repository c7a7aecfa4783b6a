import type { Clock } from '../../ports/clock.ts';
import type { BookingStop, Flags } from '../../ports/flags.ts';
import type { AccountTroubleStore } from '../../ports/storage/account-troubles.ts';
import type { NotificationWriter } from '../../ports/storage/notifications.ts';
import { opsAlert } from '../notifications/ops-alert.ts';

/** Why nothing new begins, in words for the traveller. */
const PAUSED: BookingStop = {
  code: 'account_trouble',
  message: 'New bookings are paused because of trouble with an account of ours.',
};

/** A worker notices within this that an account is in trouble, in ms. */
const NOTICED_WITHIN_MS = 1_000;

/** Troubles with our accounts beside the kill switches: while a vendor refuses us, a trip that fits waits. */
export function orTrouble(
  stop: Flags['bookingStop'],
  troubles: Pick<AccountTroubleStore, 'active'>,
  clock: Pick<Clock, 'now'>,
): Flags['bookingStop'] {
  let last = { at: 0, paused: false };
  return async (userId) => {
    const stopped = await stop(userId);
    if (stopped) return stopped;
    const at = clock.now().getTime();
    if (at - last.at >= NOTICED_WITHIN_MS) last = { at, paused: (await troubles.active()).length > 0 };
    return last.paused ? PAUSED : null;
  };
}

export interface AlertTroublePorts {
  readonly troubles: Pick<AccountTroubleStore, 'active'>;
  readonly notifications: NotificationWriter;
  readonly clock: Pick<Clock, 'now'>;
  /** Called after a commit that may have left jobs in the outbox. */
  readonly afterCommit: () => void;
}

/** Alerts ops of accounts that vendors refuse; once an hour while it lasts. */
export async function alertTroubles({
  troubles,
  notifications,
  clock,
  afterCommit,
}: AlertTroublePorts): Promise<void> {
  const active = await troubles.active();
  if (active.length === 0) return;
  const hour = clock.now().toISOString().slice(0, 13);
  await notifications.enqueue(
    active.map(({ vendor, code, since }) =>
      opsAlert({
        kind: 'account_trouble',
        message: `${vendor} refuses our account (${code}) since ${since.toISOString()}: new bookings are paused. Check its key and permissions; bookings go on by themselves.`,
        dedupe: `account:${vendor}:${hour}`,
      }),
    ),
  );
  afterCommit();
}
