import { cpus } from 'node:os';
import getPort from 'get-port';
import pg from 'pg';
import { adasTrip } from '../../scripts/support/ada.ts';
import { apiClient } from '../../scripts/support/api.ts';
import { sandboxEnvironment } from '../../scripts/support/environment.ts';
import { type Process, startProcess } from '../../scripts/support/process.ts';
import type { Servers } from './servers.ts';

type Api = ReturnType<typeof apiClient>;

/** Parker as a host runs it: a web process, workers, and every vendor behind HTTP, each a process of its own. */
export interface Fleet {
  readonly appUrl: string;
  readonly pool: pg.Pool;
  readonly sandbox: Api;
  /** Starts a worker that is ready when this resolves. */
  worker(env?: Record<string, string>): Promise<Process>;
  /** Starts a server of the benchmark's own beside them, on the same database. @returns its address */
  script(file: string): Promise<string>;
  /** Somebody who can ask for trips. */
  user(sub: string): Promise<{ api: Api; token: string; request: Awaited<ReturnType<typeof adasTrip>> }>;
  stop(): Promise<void>;
}

/** Bounds that a benchmark passes, lifted: it has one user, and books more in a minute than most do in a day. */
const LIFTED = {
  RATE_LIMIT: '10000000',
  REQUESTS_AT_ONCE: '0',
  FUSE_SPEND_PER_HOUR: '1000000000000',
  FUSE_BOOKINGS_PER_MINUTE: '1000000',
  FUSE_USER_SPEND_PER_HOUR: '0',
  FUSE_USER_BOOKINGS_PER_HOUR: '0',
  LOG_LEVEL: 'warn',
  NODE_ENV: 'production',
};

/** @param vendorMs how long each vendor takes for an answer */
export async function startFleet(servers: Servers, vendorMs: number): Promise<Fleet> {
  const [sandboxPort, appPort] = [await getPort(), await getPort()];
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  const appUrl = `http://127.0.0.1:${appPort}`;
  const databaseUrl = await servers.database();
  const env = {
    ...sandboxEnvironment({ databaseUrl, redisUrl: servers.redisUrl, sandboxUrl, appUrl }),
    ...LIFTED,
  };
  const running: Process[] = [];
  const run = async (name: string, args: string[], own: Record<string, string>, url: string) => {
    const started = startProcess(`bench-${name}`, args, own);
    running.push(started);
    await started.answers(url);
    return started;
  };
  const sandboxEnv = {
    SANDBOX_PORT: String(sandboxPort),
    SANDBOX_DUFFEL_RATE_LIMIT: '10000000',
    SANDBOX_RESEND_RATE_LIMIT: '10000000',
  };
  await run('sandbox', ['sandbox/main.ts'], sandboxEnv, `${sandboxUrl}/_sandbox/ledger`);
  await run('web', ['dist/bin/web.js'], env, `${appUrl}/readyz`);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  const sandbox = apiClient(sandboxUrl);
  await sandbox('POST', '/_sandbox/prices', {
    origin: 'LHR',
    destination: 'JFK',
    amount: '399.00',
    currency: 'GBP',
  });
  if (vendorMs)
    for (const target of ['duffel.*', 'stripe.*'])
      await sandbox('POST', '/_sandbox/faults', { target, fault: 'latency', delayMs: vendorMs, times: 1e9 });
  return {
    appUrl,
    pool,
    sandbox,
    async worker(own = {}) {
      const port = await getPort();
      const url = `http://127.0.0.1:${port}/readyz`;
      return run(
        `worker-${port}`,
        ['dist/bin/worker.js'],
        { ...env, WORKER_PORT: String(port), ...own },
        url,
      );
    },
    async script(file) {
      const port = await getPort();
      const url = `http://127.0.0.1:${port}`;
      await run(
        'script',
        [file, String(port)],
        { DATABASE_URL: databaseUrl, NODE_ENV: 'production' },
        `${url}/readyz`,
      );
      return url;
    },
    async user(sub) {
      const claims = { sub, email: `${sub}@traveller.example` };
      const { token } = await sandbox<{ token: string }>('POST', '/_sandbox/token', claims);
      const api = apiClient(appUrl, token);
      return { api, token, request: await adasTrip(api) };
    },
    async stop() {
      await pool.end();
      for (const one of running.reverse()) await one.stop();
    },
  };
}

/** So many that none has more bookings than a traveller might, and a vendor's lists stay short. */
const USERS = 200;

/** Trips to copy from, each of somebody else. @returns their ids */
export async function watchedTrips({ user, pool }: Fleet): Promise<string[]> {
  const ask = async (_: unknown, nth: number) => {
    const { api, request } = await user(`traveller-${nth}`);
    return (await api<{ id: string }>('POST', '/api/trips', request)).id;
  };
  const ids = await Promise.all(Array.from({ length: USERS }, ask));
  await pool.query('update trip_requests set next_check_at = null where id = any ($1)', [ids]);
  return ids;
}

/**
 * Copies trips that are watched into `count` trips that are to be booked, each with its attempt and the job that asks for
 * it: what a sweep that found so many fares would have left behind.
 */
export async function askForBookings(
  pool: pg.Pool,
  tripIds: readonly string[],
  count: number,
): Promise<void> {
  await pool.query(
    `with made as (
       insert into trip_requests
       select (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'auto_book_status', 'BOOKING', 'next_check_at', null))).*
       from generate_series(1, $2) as n join trip_requests t on t.id = ($1::uuid[])[1 + n % cardinality($1::uuid[])]
       returning id, user_id),
     attempts as (
       insert into booking_attempts (trip_id, user_id, number, idempotency_key, deadline, correlation_id)
       select id, user_id, 1, 'book-' || id, now() + interval '1 hour', 'bench' from made returning id, trip_id)
     insert into outbox (queue, name, job_id, payload)
     select 'book', 'book', 'book-' || trip_id || '-1', jsonb_build_object('attemptId', id, 'tripId', trip_id, 'number', 1)
     from attempts`,
    [tripIds, count],
  );
}

/** @returns what says, when called, which share of all cores was busy since */
export function watchCores(): () => number {
  const read = () => {
    const times = cpus().map((cpu) => cpu.times);
    const sum = (pick: (time: (typeof times)[number]) => number) =>
      times.reduce((all, one) => all + pick(one), 0);
    return {
      idle: sum(({ idle }) => idle),
      all: sum(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq),
    };
  };
  const before = read();
  return () => {
    const now = read();
    return 1 - (now.idle - before.idle) / (now.all - before.all);
  };
}
