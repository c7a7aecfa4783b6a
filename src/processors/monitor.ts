import type { Locks } from '../queues/lock.ts';
import { type MonitorDeps, sweep } from '../services/monitoring.ts';
import { done, type Handler, skip } from './handler.ts';

/** Frees itself if the sweeping worker dies; the next tick sweeps. */
const SWEEP_LOCK_MS = 30_000;

export const monitor =
  (deps: MonitorDeps & { locks: Locks }): Handler<'monitor'> =>
  async () => {
    const outcome = await deps.locks.hold('sweep', SWEEP_LOCK_MS, () => sweep(deps));
    if (!outcome) return skip('another worker is sweeping');
    return outcome.kind === 'off' ? skip(outcome.why) : done(outcome);
  };
