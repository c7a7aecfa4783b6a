import { freshnessWindow } from '../../domain/search.ts';
import type { WatchPorts } from './ports.ts';

/** Searches asked for, and trips ended, per transaction. */
const BATCH = 500;

export type SweepOutcome =
  | { kind: 'swept'; searches: number; expired: number }
  | { kind: 'off'; why: string };

/**
 * One tick of watching: ends the trips whose departure has passed, and asks for the searches that due trips share. Its
 * cost follows what is due. It discovers; the search queue's limiter paces.
 */
export async function sweep(ports: Omit<WatchPorts, 'flights'>): Promise<SweepOutcome> {
  const { watch, flags, clock, cadence } = ports;
  // The other switches stop buying, not watching: a trip that fits meanwhile says that it is paused.
  if (!(await flags.isOn('auto_booking_pipeline_enabled'))) return { kind: 'off', why: 'pipeline_off' };
  const expired = await expireTrips(watch);
  const window = freshnessWindow(clock.now(), cadence.freshnessMs);
  let searches = 0;
  for (let afterKey = ''; ; ) {
    const keys = await watch.due({ limit: BATCH, afterKey });
    if (keys.length === 0) return { kind: 'swept', searches, expired };
    await watch.askFor(keys, window);
    searches += keys.length;
    afterKey = keys.at(-1) ?? '';
  }
}

/** Ends trips whose departure has passed, in batches. @returns how many */
export async function expireTrips(watch: WatchPorts['watch']): Promise<number> {
  for (let total = 0; ; ) {
    const ended = await watch.expireDeparted(BATCH);
    total += ended;
    if (ended < BATCH) return total;
  }
}
