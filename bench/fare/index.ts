import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/app/system-clock.ts';
import { openDatabase } from '../../src/db/client/index.ts';
import { createAttemptHistory } from '../../src/db/stores/attempt-history.ts';
import { createOutboxReader } from '../../src/db/stores/outbox.ts';
import { createWatchStore } from '../../src/db/stores/watch.ts';
import type { Flags } from '../../src/ports/flags.ts';
import { book } from '../../src/processors/book.ts';
import type { Handlers } from '../../src/processors/handler.ts';
import { createRunner } from '../../src/processors/runner.ts';
import { search } from '../../src/processors/search.ts';
import { createPublisher } from '../../src/queues/outbox/publisher.ts';
import { connectProducer, connectWorker } from '../../src/redis/connections.ts';
import type { BookingPorts } from '../../src/services/booking/ports.ts';
import type { WatchPorts } from '../../src/services/watching/ports.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { quantile } from '../support/measure.ts';
import { goal, publish, versionsOf } from '../support/report.ts';
import { LOOSE, SCHEDULE, storageOf } from '../support/saga-storage.ts';
import type { Servers } from '../support/servers.ts';
import { found, vendorsOf } from '../support/vendors.ts';
import { seedTrips } from './seed.ts';

const IN_FLIGHT = 1_000;
/** How long the airline takes for an order; fares that fit come in at the rate that keeps so many in flight. */
const ORDER_MS = 20_000;
const TRIPS = 2_400;
const VENDOR_MS = 50;
const CLAIM_MS = 20_000;
const SETTINGS = {
  claimMs: CLAIM_MS,
  orderLookupMs: 60_000,
  orderLookupLeastMs: 60_000,
  orderPollMs: 1_000,
  paymentLookupMs: 60_000,
  schedule: SCHEDULE,
  fuse: LOOSE,
};

/** One trip on its way: when its fare was seen, how long vendors took since, and when its order went out. */
interface Way {
  seen: number;
  vendors: number;
  ordered: number;
  inFlight: number;
}

/** From the answer that shows a fare that fits to the order on its way: our own time, with a thousand bookings in flight. */
export async function fareToOrder(servers: Servers): Promise<void> {
  const { redisUrl } = servers;
  const prefix = 'bench-fare';
  const database = openDatabase(await servers.database(), 'parker_worker', { max: 12 });
  const trips = await seedTrips(database.pool, TRIPS);
  const log = createLogger('silent', 'worker');
  const producer = await connectProducer(redisUrl, () => undefined);
  const redis = await connectWorker(redisUrl, () => undefined);
  const publisher = createPublisher({ outbox: createOutboxReader(database), redis: producer, prefix, log });
  const ways = new Map<string, Way>();
  let inFlight = 0;
  const snapshotFlags = async () => ({ auto_booking_pipeline_enabled: true });
  const flags = {
    isOn: async () => true,
    bookingStop: async () => null,
    queueStopped: async () => false,
    snapshot: snapshotFlags,
  } as Partial<Flags> as Flags;
  const shared = {
    db: database.db,
    afterCommit: publisher.kick,
    snapshotFlags,
  };
  const watching: WatchPorts = {
    watch: createWatchStore(shared),
    history: createAttemptHistory(shared),
    schedule: SCHEDULE,
    afterCommit: publisher.kick,
    flags,
    clock: systemClock,
    quota: { acquire: async () => ({ waitMs: 0, release: async () => undefined }), room: async () => null },
    travelers: { flyersOf: async () => [] },
    flights: {
      search: async ({ origin }) => {
        ways.set(origin, { seen: performance.now(), vendors: 0, ordered: 0, inFlight: 0 });
        return found(`watch_${origin}`);
      },
    },
  };
  const storage = storageOf(database.db, publisher.kick, CLAIM_MS);
  const byTrip = new Map(trips.map(({ id, key }) => [id, key]));
  const handlers = {
    search: search(watching),
    book: (payload, context) => {
      const way = ways.get(byTrip.get(payload.tripId) ?? '') as Way;
      const call = async <T>(answer: T): Promise<T> => {
        const started = performance.now();
        await sleep(VENDOR_MS);
        way.vendors += performance.now() - started;
        return answer;
      };
      const order = async () => {
        way.ordered = performance.now();
        inFlight += 1;
        way.inFlight = inFlight;
        await sleep(ORDER_MS);
        inFlight -= 1;
      };
      return book({
        ...vendorsOf(payload.attemptId, { call, order }),
        ...storage,
        clock: systemClock,
        log,
        settings: SETTINGS,
      } as unknown as BookingPorts)(payload, context);
    },
  } as Partial<Handlers> as Handlers;
  const common = {
    handlers,
    flags,
    log,
    report: () => undefined,
    metrics: createMetrics(),
    redis,
    prefix,
    claimMs: CLAIM_MS,
  };
  const runners = (['search', 'book', 'book', 'book', 'book', 'book'] as const).map((queue) =>
    createRunner(queue, { ...common, handle: publisher.queues[queue] }),
  );
  const everyMs = ORDER_MS / IN_FLIGHT;
  const began = performance.now();
  for (const [at, { key }] of trips.entries()) {
    await sleep(Math.max(0, began + at * everyMs - performance.now()));
    publisher.queues.search
      .add('search', { searchKey: key, window: 1 }, { jobId: `search-${key}-1` })
      .catch(() => undefined);
  }
  while ([...ways.values()].filter(({ ordered }) => ordered).length < trips.length * 0.999) await sleep(200);
  for (const runner of runners) await runner.close(1_000);
  await publisher.close();
  redis.disconnect();
  producer.disconnect();
  await database.close();
  const full = [...ways.values()].filter((way) => way.inFlight >= IN_FLIGHT * 0.9);
  const own = full.map(({ seen, ordered, vendors }) => ordered - seen - vendors);
  const p99 = quantile(own, 0.99);
  publish(
    {
      bench: 'fare',
      setting: `own time from a fare that fits to its order, ${IN_FLIGHT} bookings in flight, one worker process, vendors of ${VENDOR_MS} ms`,
      rows: [
        {
          name: 'ms',
          bookings: own.length,
          'a second': Math.round(1_000 / everyMs),
          p50: quantile(own, 0.5),
          p90: quantile(own, 0.9),
          p99,
          max: Math.max(...own),
        },
      ],
      goals: [goal('p99, ms of our own time', '≤ 250', p99, p99 <= 250)],
    },
    { postgres: servers.postgres, ...versionsOf(['bullmq', 'pg']) },
  );
}
