import type { Clock } from '../../ports/clock.ts';
import type { FlagProvider } from '../../ports/flags.ts';
import type { Logger } from '../../ports/log.ts';
import type { NotificationWriter } from '../../ports/storage/notifications.ts';
import { opsAlert } from './ops-alert.ts';

/** How often a worker looks whether its flags are current. */
const LOOK_INTERVAL_MS = 15_000;
/** Looks in a row that find them lost before ops hear of it: a stream that is opened anew takes seconds. */
const LOST_LOOKS = 2;

export interface FlagsAlertPorts {
  readonly flagProvider: Pick<FlagProvider, 'live'>;
  readonly notifications: NotificationWriter;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called after a commit that may have left jobs in the outbox. */
  readonly afterCommit: () => void;
}

/**
 * Alerts ops while no flag can be believed, for nothing new is booked then: once an hour, whichever worker sees it.
 * @returns a function that ends this
 */
export function startFlagsAlert({
  flagProvider,
  notifications,
  clock,
  log,
  afterCommit,
}: FlagsAlertPorts): () => void {
  let lost = 0;
  return clock.every(LOOK_INTERVAL_MS, () => {
    lost = flagProvider.live() ? 0 : lost + 1;
    if (lost < LOST_LOOKS) return;
    const hour = clock.now().toISOString().slice(0, 13);
    const request = opsAlert({
      kind: 'flags_lost',
      message:
        'The flag service does not answer, or its stream is behind: no new authorization and no new order.',
      dedupe: `flags_lost:${hour}`,
    });
    notifications
      .enqueue([request])
      .then(afterCommit)
      .catch((err: unknown) => log.warn({ err }, 'could not alert that the flags are lost'));
  });
}
