import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { setTimeout as pass } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import { createChance } from '../../sim/chance.ts';
import { replayAll } from '../../sim/replay/index.ts';
import { createIncidentStore } from '../../src/db/stores/incidents.ts';
import { readIncident } from '../../src/services/evidence/incident.ts';
import { expectAllTrueAtRest } from '../support/at-rest.ts';
import type { Client } from '../support/client.ts';
import { createReleaser } from '../support/release-waiting.ts';
import { type Stage, setStage } from '../support/stage.ts';
import { until } from '../support/until.ts';
import { fault } from '../support/vendor-errors.ts';

/** `make prove` asks for more. */
const KILLS = Number(process.env.CHAOS_KILLS ?? 25);
const TRIPS = Number(process.env.CHAOS_TRIPS ?? 200);
/** Posted at once, before the first kill. */
const IN_FLIGHT = Math.min(TRIPS, 200);
const WORKERS = 3;
/** Where the trips' stories lie after the run, for whoever wants to look into one. */
const INCIDENTS = new URL('../../.cache/incidents/', import.meta.url);
/** Short, so that a killed worker's trips are taken up within seconds. */
const CLAIM_MS = 2_000;

let stage: Stage;
const chance = createChance(Number(process.env.CHAOS_SEED ?? 1));
beforeAll(async () => {
  stage = await setStage({
    workers: WORKERS,
    env: {
      CLAIM_MS: String(CLAIM_MS),
      MONITOR_INTERVAL_MS: '1000',
      SEARCH_FRESHNESS_MS: '500',
      DUFFEL_ORDER_TIMEOUT_MS: '2000',
      RATE_LIMIT: '1000000',
      // A thousand doubtful bookings an hour are what this is about; the fuse would rightly stop them.
      FUSE_SPEND_PER_HOUR: '1000000000',
      FUSE_USER_SPEND_PER_HOUR: '0',
      FUSE_UNKNOWNS_PER_HOUR: '1000000',
    },
  });
  stage.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  stage.sandbox.webhooks.copies = 2;
  stage.sandbox.webhooks.shuffleMs = 1_000;
}, 120_000);
afterAll(() => stage.stop());

/** The same request until it is answered: the API may be killed while it answers. */
async function post(user: Client, body: unknown): Promise<string> {
  const key = randomUUID();
  return until(
    'the trip to be taken',
    async () => {
      const reply = await user.call('POST', '/api/trips', body, { 'idempotency-key': key }).catch(() => null);
      return reply?.status === 202 && (reply.body.id as string);
    },
    60_000,
  );
}

/** What vendors and networks do to single calls. */
function disturb(): void {
  const { faults } = stage.sandbox;
  const target = chance.pick([
    'duffel.orders.create',
    'duffel.offer_requests.create',
    'duffel.offers.get',
    'duffel.orders.*',
    'stripe.payment_intents.create',
    'stripe.payment_intents.capture',
    'stripe.payment_intents.*',
    'resend.*',
  ]);
  const kind = chance.pick<Fault['fault']>(['latency', 'truncated', 'reset', 'lost_answer', 'slow_answer']);
  faults.add(
    fault({ target, fault: kind, delayMs: chance.between(200, 1_500), times: chance.between(1, 4) }),
  );
}

interface Kill {
  readonly at: Date;
  /** The attempts that were claimed at that moment, by epoch. */
  readonly claimed: Map<string, number>;
}

async function kill(): Promise<Kill> {
  const rows = await stage.database.db
    .selectFrom('bookingAttempts')
    .select(['id', 'epoch'])
    .where('status', '=', 'PENDING')
    .where('leaseUntil', '>', new Date())
    .execute()
    .catch(() => []);
  const at = new Date();
  await stage.killWorker(chance.between(0, WORKERS - 1));
  return { at, claimed: new Map(rows.map(({ id, epoch }) => [id, epoch])) };
}

/** Stopped for longer than its claims and locks live; when it goes on, its work is in other hands. */
async function stopForAWhile(): Promise<void> {
  const pid = stage.workers[chance.between(0, WORKERS - 1)]?.child.pid as number;
  process.kill(pid, 'SIGSTOP');
  await pass(2.5 * CLAIM_MS);
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It was killed meanwhile.
  }
}

test(`${TRIPS} trips, ${KILLS} kills: every trip comes to a permitted end, nothing is lost, nothing is doubled`, async () => {
  const { database, sandbox, postgres } = stage;
  const users = await Promise.all(Array.from({ length: 10 }, () => stage.user()));
  const requests = await Promise.all(users.map((user) => user.tripRequest({ allowDuplicate: true })));
  const trips: string[] = [];
  const posted: Promise<unknown>[] = [];
  const postSome = (count: number): void => {
    for (let made = 0; made < count; made += 1) {
      const index = posted.length % users.length;
      posted.push(post(users[index] as Client, requests[index]).then((id) => trips.push(id)));
    }
  };
  postSome(Math.min(TRIPS, IN_FLIGHT));

  const kills: Kill[] = [];
  const stops: Promise<void>[] = [];
  const disasters = new Map<number, () => Promise<unknown>>([
    [Math.floor(KILLS * 0.2), () => stage.killWeb()],
    [Math.floor(KILLS * 0.35), () => stage.restartRedis()],
    [Math.floor(KILLS * 0.5), () => (postgres.restart ?? (async () => undefined))()],
    [Math.floor(KILLS * 0.65), () => cutConnections()],
    [Math.floor(KILLS * 0.8), () => stage.restartRedis()],
  ]);
  async function cutConnections(): Promise<void> {
    await database.pool
      .query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'parker%' and pid <> pg_backend_pid()`,
      )
      .catch(() => undefined);
  }
  for (let number = 0; number < KILLS; number += 1) {
    disturb();
    // The rest comes evenly, so that the last kill finds as much under way as the first.
    postSome(Math.round(((TRIPS - IN_FLIGHT) * (number + 1)) / KILLS) - posted.length + IN_FLIGHT);
    kills.push(await kill());
    await disasters.get(number)?.();
    if (number % 8 === 3) stops.push(stopForAWhile());
    // Time for some work to get under way, so that the next kill strikes it in the middle.
    await pass(chance.between(50, 600));
  }
  await Promise.all([...posted, ...stops]);
  sandbox.faults.clear();

  const open = async () => {
    const rows = await database.db
      .selectFrom('tripRequests')
      .select(['autoBookStatus as status'])
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .groupBy('autoBookStatus')
      .execute();
    return new Map(rows.map(({ status, count }) => [status as string, count]));
  };
  const releaseWaiting = createReleaser(database.pool, users);
  await until(
    'every trip to come to its end',
    async () => {
      await releaseWaiting();
      const counts = await open();
      return !counts.get('PENDING') && !counts.get('BOOKING') && (await unsent()) === 0;
    },
    240_000,
  ).catch(async (error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify([...(await open())])}`);
  });
  async function unsent(): Promise<number> {
    const row = await database.db
      .selectFrom('notifications')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('status', '=', 'PENDING')
      .executeTakeFirstOrThrow();
    return row.count;
  }

  expect(trips).toHaveLength(TRIPS);
  expect(new Set(trips).size).toBe(TRIPS);
  await expectAllTrueAtRest(database.db, sandbox);
  await keepForReplay(trips.slice(0, 100));
  expect(await replayAll(fileURLToPath(INCIDENTS))).toBe(true);
  await report(kills, await open());
}, 1_800_000);

/** The trips' stories without PII; `npm run sim -- --replay` lives through them again. */
async function keepForReplay(trips: readonly string[]): Promise<void> {
  await rm(INCIDENTS, { recursive: true, force: true });
  await mkdir(INCIDENTS, { recursive: true });
  for (const [index, id] of trips.entries()) {
    const incident = await readIncident(createIncidentStore(stage.database), id);
    await writeFile(new URL(`${String(index).padStart(4, '0')}.json`, INCIDENTS), JSON.stringify(incident));
  }
}

/** From the kill of a worker to the next step of an attempt that another had to take over. */
async function report(kills: readonly Kill[], ends: ReadonlyMap<string, number>): Promise<void> {
  const waits: number[] = [];
  for (const { at, claimed } of kills)
    for (const [id, epoch] of claimed) {
      const taken = await stage.database.db
        .selectFrom('bookingAttempts as a')
        .innerJoin('bookingAudits as e', 'e.attemptId', 'a.id')
        .select('e.at')
        .where('a.id', '=', id)
        .where('a.epoch', '>', epoch)
        .where('e.at', '>', at)
        .orderBy('e.seq')
        .limit(1)
        .executeTakeFirst();
      if (taken) waits.push(taken.at.getTime() - at.getTime());
    }
  waits.sort((a, b) => a - b);
  const at = (share: number) => ((waits[Math.floor(waits.length * share)] ?? 0) / 1_000).toFixed(1);
  const how = [...ends].map(([status, count]) => `${count} ${status}`).join(', ');
  console.log(
    `chaos: ${kills.length} kills, ${waits.length} attempts taken over: recovery p50 ${at(0.5)} s, p99 ${at(0.99)} s with claims of ${CLAIM_MS / 1_000} s; ${how}`,
  );
}
