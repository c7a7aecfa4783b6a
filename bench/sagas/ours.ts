import { systemClock } from '../../src/clock.ts';
import { openDatabase } from '../../src/db/client.ts';
import type { Flags } from '../../src/flags/flags.ts';
import { book } from '../../src/processors/book.ts';
import type { Handlers } from '../../src/processors/handler.ts';
import { createRunner } from '../../src/processors/runner.ts';
import { createPublisher, jobOptions } from '../../src/queues/publisher.ts';
import { connectProducer, connectWorker } from '../../src/queues/redis.ts';
import type { SagaPorts } from '../../src/services/booking/ports.ts';
import { createPostgresStore } from '../../src/services/booking/postgres-store.ts';
import { createVault } from '../../src/services/vault.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { AT_ONCE, type Contender } from '../support/measure.ts';
import { vendorsOf } from '../support/vendors.ts';
import { seedAttempts } from './seed.ts';

/** Claims and locks as in the product; bounds that no benchmark reaches. */
const CLAIM_MS = 20_000;
const LOOSE = { spendPerHour: 1e12, bookingsPerMinute: 1e9, unknownsPerHour: 1e9 };

/**
 * Our saga as a worker runs it: a BullMQ job each, the real handler, store, outbox and publisher; only the vendors cost
 * nothing. Every intent, fence, audit entry, hash and mail job is written.
 */
export async function ours(databaseUrl: string, redisUrl: string): Promise<Contender> {
  const prefix = 'bench-ours';
  const database = openDatabase(databaseUrl, 'parker_worker', { max: 24 });
  const log = createLogger('silent', 'worker');
  const producer = await connectProducer(redisUrl, () => undefined);
  const redis = await connectWorker(redisUrl, () => undefined);
  const publisher = createPublisher({ db: database.db, redis: producer, prefix, log });
  const store = createPostgresStore({
    db: database.db,
    afterCommit: publisher.kick,
    vault: createVault([{ version: 'v1', key: Buffer.alloc(32) }]),
    snapshotFlags: async () => ({ auto_booking_pipeline_enabled: true }),
    cadence: { watchIntervalMs: 600_000, freshnessMs: 300_000 },
    claimMs: CLAIM_MS,
    fuse: LOOSE,
  });
  let left = 0;
  let finished: () => void = () => undefined;
  const flags = { queueStopped: async () => false } as unknown as Flags;
  const handlers = {
    book: async (payload, context) => {
      const result = await book(portsOf(store, log, payload.attemptId))(payload, context);
      if (result.kind !== 'done') throw new Error(`the saga ended with ${result.kind}`);
      left -= 1;
      if (left === 0) finished();
      return result;
    },
  } as Partial<Handlers> as Handlers;
  const report = () => undefined;
  const metrics = createMetrics();
  const runner = createRunner('book', {
    ...{ handlers, flags, log, report, metrics, redis, prefix },
    claimMs: CLAIM_MS,
    handle: publisher.queues.book,
    concurrency: AT_ONCE,
  });
  return {
    name: 'Parker',
    prepare: async (count) =>
      (await seedAttempts(database.pool, count)).map(({ id, tripId }) => `${id} ${tripId}`),
    async run(ids) {
      left = ids.length;
      const over = new Promise<void>((resolve) => (finished = resolve));
      const bulk = ids.map((pair) => {
        const [attemptId, tripId] = pair.split(' ');
        const data = { attemptId, tripId, number: 1 };
        return { name: 'book', data, opts: { ...jobOptions('book'), jobId: `book-${tripId}-1` } };
      });
      await publisher.queues.book.addBulk(bulk);
      await over;
      await publisher.flush();
    },
    async close() {
      await runner.close(1_000);
      await publisher.close();
      redis.disconnect();
      producer.disconnect();
      await database.close();
    },
  };
}

/** Everything of a worker's saga but its vendors, which answer at once. */
function portsOf(store: SagaPorts['store'], log: SagaPorts['log'], attemptId: string): SagaPorts {
  return {
    ...vendorsOf(attemptId),
    store,
    clock: systemClock,
    log,
    settings: { claimMs: CLAIM_MS, settleWindowMs: 1, settlePollMs: 1, paymentSettleMs: 1 },
  } as unknown as SagaPorts;
}
