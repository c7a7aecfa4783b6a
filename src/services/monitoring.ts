import { audit } from '../db/audits.ts';
import { dueSearchKeys, expireDeparted } from '../db/trips.ts';
import { freshnessWindow } from '../domain/search.ts';
import type { Flags } from '../flags/flags.ts';
import { enqueueMany } from '../queues/outbox.ts';
import type { Cadence, Storage } from './deps.ts';

export interface MonitorDeps extends Storage {
  readonly flags: Flags;
  readonly cadence: Cadence;
}

/** Searches asked for, and trips ended, per transaction. */
const BATCH = 500;

export type SweepOutcome =
  | { kind: 'swept'; searches: number; expired: number }
  | { kind: 'off'; why: string };

/**
 * One tick of watching: ends the trips whose departure has passed, and asks for the searches that due trips share. Its
 * cost follows what is due. It discovers; the search queue's limiter paces.
 */
export async function sweep(deps: MonitorDeps): Promise<SweepOutcome> {
  // The other switches stop buying, not watching: a trip that fits meanwhile says that it is paused.
  if (!(await deps.flags.isOn('auto_booking_pipeline_enabled'))) return { kind: 'off', why: 'pipeline_off' };
  const expired = await expireTrips(deps);
  const window = freshnessWindow(new Date(), deps.cadence.freshnessMs);
  let searches = 0;
  for (let afterKey = ''; ; ) {
    const keys = await dueSearchKeys(deps.db, { limit: BATCH, afterKey });
    if (keys.length === 0) return { kind: 'swept', searches, expired };
    await enqueueMany(
      deps.db,
      'search',
      keys.map(({ searchKey }) => ({ searchKey, window })),
    );
    deps.afterCommit();
    searches += keys.length;
    afterKey = keys.at(-1)?.searchKey ?? '';
  }
}

const EXPIRED = {
  code: 'expired',
  message: 'The departure has passed. Nothing was bought and nothing is held.',
};

/** Ends trips whose departure has passed, in batches. @returns how many */
export async function expireTrips({ db }: Storage): Promise<number> {
  for (let total = 0; ; ) {
    const ended = await db.transaction().execute(async (trx) => {
      const trips = await expireDeparted(trx, BATCH, EXPIRED);
      await audit(
        trx,
        ...trips.map(({ id, userId, correlationId }) => ({
          userId,
          tripId: id,
          type: 'trip.expired',
          actor: 'worker',
          correlationId,
        })),
      );
      return trips.length;
    });
    total += ended;
    if (ended < BATCH) return total;
  }
}
