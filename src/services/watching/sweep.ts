import { freshnessWindow } from '../../domain/search.ts';
import { fairShare } from '../../domain/search-schedule.ts';
import type { Expiry } from '../../ports/storage/watch.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';
import type { WatchPorts } from './ports.ts';

/** Searches requested, and trips ended, per transaction. */
const BATCH = 500;
/** Distinct searches that one sweep looks through at most; those due longest come first. */
const MAX_DUE = 200_000;

export type SweepOutcome =
  | { kind: 'swept'; searches: number; waiting: number; expired: number }
  | { kind: 'off'; why: string };

/**
 * One tick of watching: ends the trips whose departure has passed, and requests the searches that due trips share, as many
 * as the provider's quota has room for. Its cost follows what is due.
 */
export async function sweep(ports: Omit<WatchPorts, 'flights'>): Promise<SweepOutcome> {
  const { watch, flags, clock, schedule, quota } = ports;
  // The other switches stop buying, not watching: a trip that fits meanwhile says that it is paused.
  if (!(await flags.isOn('auto_booking_pipeline_enabled'))) return { kind: 'off', why: 'pipeline_off' };
  const expired = await expireTrips(watch);
  const due = await watch.dueSearches(MAX_DUE);
  const keys = fairShare(due, (await quota.room()) ?? Number.POSITIVE_INFINITY);
  const window = freshnessWindow(clock.now(), schedule.freshnessMs);
  for (let at = 0; at < keys.length; at += BATCH) {
    const batch = keys.slice(at, at + BATCH);
    const jobs = batch.map((searchKey) => toOutboxJob('search', { searchKey, window }));
    await watch.requestSearches(batch, jobs);
    ports.afterCommit();
  }
  return { kind: 'swept', searches: keys.length, waiting: due.length - keys.length, expired };
}

const EXPIRY: Expiry = {
  outcome: {
    code: 'expired',
    message: 'The departure has passed. Nothing was bought and nothing is held.',
  },
  audit: { type: 'trip.expired', actor: 'worker' },
};

/** Ends trips whose departure has passed, in batches. @returns how many */
export async function expireTrips(watch: Pick<WatchPorts['watch'], 'expireDeparted'>): Promise<number> {
  for (let total = 0; ; ) {
    const ended = await watch.expireDeparted(BATCH, EXPIRY);
    total += ended;
    if (ended < BATCH) return total;
  }
}
