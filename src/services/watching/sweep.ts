import { shareOut } from '../../domain/cadence.ts';
import { freshnessWindow } from '../../domain/search.ts';
import type { WatchPorts } from './ports.ts';

/** Searches asked for, and trips ended, per transaction. */
const BATCH = 500;
/** More distinct searches than this are not looked through in one sweep; those due longest are. */
const MOST_DUE = 200_000;

export type SweepOutcome =
  | { kind: 'swept'; searches: number; waiting: number; expired: number }
  | { kind: 'off'; why: string };

/**
 * One tick of watching: ends the trips whose departure has passed, and asks for the searches that due trips share, as many
 * as the provider's quota has room for. Its cost follows what is due.
 */
export async function sweep(ports: Omit<WatchPorts, 'flights'>): Promise<SweepOutcome> {
  const { watch, flags, clock, cadence, quota } = ports;
  // The other switches stop buying, not watching: a trip that fits meanwhile says that it is paused.
  if (!(await flags.isOn('auto_booking_pipeline_enabled'))) return { kind: 'off', why: 'pipeline_off' };
  const expired = await expireTrips(watch);
  const due = await watch.due(MOST_DUE);
  const keys = shareOut(due, (await quota.room()) ?? Number.POSITIVE_INFINITY);
  const window = freshnessWindow(clock.now(), cadence.freshnessMs);
  for (let at = 0; at < keys.length; at += BATCH) await watch.askFor(keys.slice(at, at + BATCH), window);
  return { kind: 'swept', searches: keys.length, waiting: due.length - keys.length, expired };
}

/** Ends trips whose departure has passed, in batches. @returns how many */
export async function expireTrips(watch: WatchPorts['watch']): Promise<number> {
  for (let total = 0; ; ) {
    const ended = await watch.expireDeparted(BATCH);
    total += ended;
    if (ended < BATCH) return total;
  }
}
