import type { Locks } from '../queues/lock.ts';
import type { WatchPorts } from '../services/watching/ports.ts';
import { sweep } from '../services/watching/sweep.ts';
import { done, type Handler, skip } from './handler.ts';

/** Frees itself if the sweeping worker dies; the next tick sweeps. */
const SWEEP_LOCK_MS = 30_000;

export const monitor =
  (ports: Omit<WatchPorts, 'flights'> & { locks: Locks }): Handler<'monitor'> =>
  async () => {
    const outcome = await ports.locks.hold('sweep', SWEEP_LOCK_MS, () => sweep(ports));
    if (!outcome) return skip('another worker is sweeping');
    return outcome.kind === 'off' ? skip(outcome.why) : done(outcome);
  };
