import { systemClock } from '../../src/app/system-clock.ts';
import { openDatabase } from '../../src/db/client/index.ts';
import { createOutboxReader } from '../../src/db/stores/outbox.ts';
import type { Flags } from '../../src/ports/flags.ts';
import { book } from '../../src/processors/book.ts';
import type { Handlers } from '../../src/processors/handler.ts';
import { createRunner } from '../../src/processors/runner.ts';
import { createPublisher, jobOptions } from '../../src/queues/outbox/publisher.ts';
import { connectProducer, connectWorker } from '../../src/redis/connections.ts';
import type { BookingPorts } from '../../src/services/booking/ports.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { AT_ONCE, type Contender } from '../support/measure.ts';
import { LOOSE, SCHEDULE, storageOf } from '../support/saga-storage.ts';
import { vendorsOf } from '../support/vendors.ts';
import { seedAttempts } from './seed.ts';

/** Claims and locks as in the product. */
const CLAIM_MS = 20_000;

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
  const publisher = createPublisher({ outbox: createOutboxReader(database), redis: producer, prefix, log });
  const storage = storageOf(database.db, publisher.kick, CLAIM_MS);
  let left = 0;
  let finished: () => void = () => undefined;
  const flags = { queueStopped: async () => false } as unknown as Flags;
  const handlers = {
    book: async (payload, context) => {
      const result = await book(portsOf(storage, log, payload.attemptId))(payload, context);
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
function portsOf(
  storage: ReturnType<typeof storageOf>,
  log: BookingPorts['log'],
  attemptId: string,
): BookingPorts {
  return {
    ...vendorsOf(attemptId),
    ...storage,
    clock: systemClock,
    log,
    settings: {
      claimMs: CLAIM_MS,
      orderLookupMs: 1,
      orderLookupLeastMs: 1,
      orderPollMs: 1,
      paymentLookupMs: 1,
      schedule: SCHEDULE,
      fuse: LOOSE,
    },
  } as unknown as BookingPorts;
}
