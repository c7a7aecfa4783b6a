import type { Locks } from '../ports/locks.ts';
import type { WatchPorts } from '../services/watching/ports.ts';
import { sweep } from '../services/watching/sweep.ts';
import { done, type Handler, skip } from './handler.ts';

/** When the sweeping worker dies, its lock expires after this, and the next tick sweeps. */
const SWEEP_LOCK_MS = 30_000;

export const monitor =
  (ports: Omit<WatchPorts, 'flights'> & { locks: Locks }): Handler<'monitor'> =>
  async () => {
    const outcome = await ports.locks.withLock('sweep', SWEEP_LOCK_MS, () => sweep(ports));
    if (!outcome) return skip('another worker is sweeping');
    return outcome.kind === 'off' ? skip(outcome.why) : done(outcome);
  };
