import { Redis } from 'ioredis';
import pg from 'pg';
import { systemClock } from '../../src/app/system-clock.ts';
import { openDatabase } from '../../src/db/client/index.ts';
import { createAttemptHistory } from '../../src/db/stores/attempt-history.ts';
import { createOutboxReader } from '../../src/db/stores/outbox.ts';
import { createWatchStore } from '../../src/db/stores/watch.ts';
import type { Flags } from '../../src/ports/flags.ts';
import { createPublisher } from '../../src/queues/outbox/publisher.ts';
import { connectProducer } from '../../src/redis/connections.ts';
import type { WatchPorts } from '../../src/services/watching/ports.ts';
import { runSearch } from '../../src/services/watching/search.ts';
import { sweep } from '../../src/services/watching/sweep.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { offer } from '../sagas/seed.ts';
import { spread } from '../support/measure.ts';
import { goal, publish, type Row, versionsOf } from '../support/report.ts';
import type { Servers } from '../support/servers.ts';

const SIZES = [10_000, 100_000, 1_000_000];
const SEARCHES = 10_000;
const DUE = 5_000;
const ROUNDS = 5;
const CONNECTIONS = 4;
/** Of the due searches, this many are also asked, with a provider that answers at once. */
const ASKED = 200;
/** Of the others, this many are asked with all their trips due. */
const CROWDED = 20;

/** Sweeps with ever more trips watched, of which ever the same number are due. */
export async function watching(servers: Servers): Promise<void> {
  const rows: Row[] = [];
  for (const trips of SIZES) rows.push(await watch(servers, trips));
  const [least, most] = [rows.at(0), rows.at(-1)];
  const ratio = Number(most?.['sweep ms']) / Number(least?.['sweep ms']);
  const reads = Number(most?.['rows read']) / Number(least?.['rows read']);
  const bytes = Number(most?.['Redis bytes a job']) / Number(least?.['Redis bytes a job']);
  publish(
    {
      bench: 'watching',
      setting: `sweeps over ${SEARCHES} searches of which ${DUE} are due, median of ${ROUNDS}; then ${ASKED} of them asked twice in one window, and ${CROWDED} others with all their trips due`,
      rows,
      goals: [
        goal('sweep time, a million trips against ten thousand', '≤ 1.2', ratio, ratio <= 1.2),
        goal('rows read, the same', '≤ 1.2', reads, reads <= 1.2),
        goal('Redis bytes, the same', '≤ 1.2', bytes, bytes <= 1.2),
        goal(
          'provider calls for a distinct due search',
          '1',
          Number(most?.['calls a search']),
          most?.['calls a search'] === 1,
        ),
      ],
    },
    { postgres: servers.postgres, ...versionsOf(['bullmq', 'pg']) },
  );
}

async function watch(servers: Servers, trips: number): Promise<Row> {
  const url = await servers.database();
  const owner = new pg.Pool({ connectionString: url, max: 1 });
  await seed(owner, trips);
  const redis = await connectProducer(servers.redisUrl, () => undefined);
  const info = new Redis(servers.redisUrl);
  const log = createLogger('silent', 'worker');
  const database = openDatabase(url, 'parker_worker', { max: CONNECTIONS });
  const publisher = createPublisher({
    outbox: createOutboxReader(database),
    redis,
    prefix: `bench-${trips}`,
    log,
  });
  let calls = 0;
  const ports: WatchPorts = {
    watch: createWatchStore(database),
    history: createAttemptHistory(database),
    travelers: { flyersOf: async () => [] },
    flights: {
      search: async () => {
        calls += 1;
        const own = { ...offer, offerId: `off_${trips}_${calls}`, price: { minor: 90_000, currency: 'GBP' } };
        return { requestId: 'orq', offers: [{ offer: own, raw: own }] };
      },
    },
    flags: {
      isOn: async () => true,
      bookingStop: async () => null,
      snapshot: async () => ({}),
    } as Partial<Flags> as Flags,
    quota: { acquire: async () => ({ waitMs: 0, release: async () => undefined }), room: async () => null },
    schedule: { watchIntervalMs: 600_000, freshnessMs: 300_000 },
    clock: systemClock,
    afterCommit: () => undefined,
  };
  const empty = await usedBytes(info);
  const sweepMs: number[] = [];
  const read: number[] = [];
  let searches = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const before = await rowsRead(owner, database.pool);
    const started = performance.now();
    const outcome = await sweep(ports);
    sweepMs.push(performance.now() - started);
    if (outcome.kind === 'swept') searches = outcome.searches;
    read.push((await rowsRead(owner, database.pool)) - before);
  }
  const { rows: size } = await owner.query<{ bytes: number }>(
    `select pg_total_relation_size('trip_requests')::float8 / ${trips} as bytes`,
  );
  const bytesATrip = size[0]?.bytes ?? 0;
  const heapMb = process.memoryUsage().heapUsed / 2 ** 20;
  await publisher.flush();
  const jobs = await publisher.queues.search.getJobCountByTypes('waiting', 'prioritized', 'delayed');
  const bytes = (await usedBytes(info)) - empty;
  const { rows: due } = await owner.query<{ key: string }>(
    `select distinct search_key as key from trip_requests where next_check_at <= now() limit ${ASKED}`,
  );
  const asking = performance.now();
  // Twice each, as two sweeps of one window would have it: the second finds the answer of the first.
  for (const _ of [1, 2])
    await inLanes(
      due.map(({ key }) => key),
      4,
      async (key) => {
        await runSearch(ports, key, { lastTry: true });
      },
    );
  const askedS = (performance.now() - asking) / 1_000;
  const callsForDue = calls;
  const { rows: crowded } = await owner.query<{ key: string }>(
    `update trip_requests set next_check_at = now() - interval '1 minute'
     where search_key in (select md5(n::text) from generate_series(${SEARCHES - CROWDED}, ${SEARCHES - 1}) n) returning search_key as key`,
  );
  const telling = performance.now();
  let crowd = 0;
  await inLanes([...new Set(crowded.map(({ key }) => key))], 4, async (key) => {
    const outcome = await runSearch(ports, key, { lastTry: true });
    if (outcome.kind === 'done') crowd += outcome.trips;
  });
  const crowdS = (performance.now() - telling) / 1_000;
  await publisher.queues.search.obliterate({ force: true });
  await publisher.close();
  redis.disconnect();
  info.disconnect();
  await database.close();
  await owner.end();
  return {
    name: `${trips.toLocaleString('en')} trips`,
    'sweep ms': spread(sweepMs.slice(1)).median,
    searches,
    'rows read': spread(read.slice(1)).median,
    'heap MB': Math.round(heapMb),
    'Redis bytes a job': Math.round(bytes / jobs),
    'calls a search': callsForDue / due.length,
    'searches a second': Math.round(due.length / askedS),
    'trips told a second': Math.round(crowd / crowdS),
    'Postgres bytes a trip': Math.round(bytesATrip),
  };
}

/** Trips spread over the searches; the first of so many searches are due, with one trip each whatever the size. */
async function seed(owner: pg.Pool, trips: number): Promise<void> {
  await owner.query(`set session_replication_role = replica`);
  await owner.query(
    `insert into users (user_id, data_key) select 'user' || n, '' from generate_series(1, 1000) n`,
  );
  await owner.query(
    `insert into trip_requests (user_id, auto_book_enabled, auto_book_status, origin, destination, departure_date, cabin, traveler_ids,
       max_price_minor, currency, consent, search_key, search_params, next_check_at, watch_until, outcome, correlation_id)
     select 'user' || n % 1000, true, 'PENDING', 'LHR', 'JFK', current_date + 30 + n % 300, 'economy', '{}', 42000, 'GBP', 'true',
       md5((n % $2)::text), '{"departureDate": "2099-01-01"}', now() + case when n < $3 then interval '-1 minute' else interval '30 minutes' end,
       now() + interval '40 days', '{"code": "x", "message": "x"}', 'bench'
     from generate_series(0, $1 - 1) n`,
    [trips, SEARCHES, DUE],
  );
  await owner.query('vacuum analyze trip_requests');
}

/** Rows that Postgres read so far of what is watched. */
async function rowsRead(owner: pg.Pool, swept: pg.Pool): Promise<number> {
  // A connection tells what it read when it is made to, or much later: each is asked at the same moment.
  const each = Array.from({ length: CONNECTIONS }, () =>
    swept.query('select pg_stat_force_next_flush(), pg_sleep(1)'),
  );
  await Promise.all(each);
  const { rows } = await owner.query<{ read: number }>(
    `select (select sum(seq_tup_read) from pg_stat_user_tables where relname = any ($1))::float8 +
       (select sum(idx_tup_read) from pg_stat_user_indexes where relname = any ($1))::float8 as read`,
    [['trip_requests', 'watches']],
  );
  return rows[0]?.read ?? 0;
}

const usedBytes = async (redis: Redis): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1] ?? 0);

async function inLanes(
  keys: readonly string[],
  lanes: number,
  work: (key: string) => Promise<void>,
): Promise<void> {
  const queue = [...keys];
  const lane = async () => {
    for (let key = queue.pop(); key; key = queue.pop()) await work(key);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
