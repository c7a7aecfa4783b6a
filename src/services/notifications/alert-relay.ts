import { codeOf } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { type NotifyPorts, sendNotification } from './send.ts';

/** How often a worker looks for ops alerts that no job has sent. */
const RELAY_INTERVAL_MS = 5_000;
/** Longer than an alert's job takes to start: at rest the relay finds nothing. */
const STALE_MS = 10_000;
/** Alerts of one look: one that fails leaves the others to the next look. */
const LIMIT = 20;

export interface AlertRelayPorts extends NotifyPorts {
  readonly clock: Clock;
}

/**
 * Sends ops alerts that their queue did not: from storage, without Redis. So a stopped or paused queue, a lost Redis or a fleet
 * without a worker for the queue silences no alert. The notification's claim keeps job and relay apart.
 * @returns a function that ends this
 */
export function startAlertRelay(ports: AlertRelayPorts): () => void {
  let looking = false;
  const look = async () => {
    for (const { id } of await ports.notifications.waitingAlerts(STALE_MS, LIMIT))
      await sendNotification(ports, id).catch((error: unknown) =>
        ports.log.warn({ notificationId: id, code: codeOf(error) }, 'ops alert not sent yet'),
      );
  };
  return ports.clock.every(RELAY_INTERVAL_MS, () => {
    if (looking) return;
    looking = true;
    look()
      // While storage is away there is nothing to read; the next look follows soon.
      .catch((error: unknown) => ports.log.warn({ code: codeOf(error) }, 'ops alerts can not be read'))
      .finally(() => {
        looking = false;
      });
  });
}
