import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectAllTrueAtRest } from '../support/at-rest.ts';
import type { Client } from '../support/client.ts';
import { createReleaser } from '../support/release-waiting.ts';
import { type Stage, setStage } from '../support/stage.ts';
import { until } from '../support/until.ts';

/** Postgres and Redis end, stop and forget under processes that must not end with them. */
const ROUNDS = Number(process.env.CHAOS_BOUNCES ?? 1);
const TRIPS_PER_BOUNCE = 6;
/** Longer than the timeouts after which a silent server counts as lost. */
const WAIT_MS = 120_000;

const PERMITTED_ENDS = ['BOOKED booked', 'FAILED order_unconfirmed', 'FAILED order_released'];

let stage: Stage;
beforeAll(async () => {
  stage = await setStage({
    workers: 2,
    env: {
      CLAIM_MS: '2000',
      MONITOR_INTERVAL_MS: '1000',
      SEARCH_FRESHNESS_MS: '500',
      DUFFEL_ORDER_TIMEOUT_MS: '2000',
      RATE_LIMIT: '1000000',
      FUSE_SPEND_PER_HOUR: '1000000000',
      FUSE_UNKNOWNS_PER_HOUR: '1000000',
    },
  });
  stage.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  stage.sandbox.webhooks.copies = 2;
}, 120_000);
afterAll(() => stage.stop());

/** The same request until it is answered. While servers are away it is answered too: 503, with a time to come back. */
async function post(user: Client, body: unknown): Promise<string> {
  const key = randomUUID();
  return until(
    'the trip to be taken',
    async () => {
      const reply = await user.call('POST', '/api/trips', body, { 'idempotency-key': key });
      if (reply.status === 503) expect(reply.headers.get('retry-after')).toMatch(/^\d+$/);
      expect([202, 409, 503]).toContain(reply.status);
      return reply.status === 202 && (reply.body.id as string);
    },
    WAIT_MS,
  );
}

const readiness = async (): Promise<{ status: number; postgres: string; redis: string }> => {
  const reply = await fetch(`${stage.url}/readyz`);
  const { dependencies } = (await reply.json()) as { dependencies: { postgres: string; redis: string } };
  return { status: reply.status, ...dependencies };
};
const saidBy = (wanted: { status: number; postgres?: string; redis?: string }) =>
  until(
    `readiness to say ${JSON.stringify(wanted)}`,
    async () => {
      const said = { ...(await readiness()) };
      return Object.entries(wanted).every(([key, value]) => said[key as keyof typeof said] === value);
    },
    WAIT_MS,
  );

const endSessions = () =>
  stage.database.pool
    .query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'parker%' and pid <> pg_backend_pid()`,
    )
    .catch(() => undefined);
async function askRedis(...command: [string, ...(string | number)[]]): Promise<void> {
  const redis = new Redis(stage.redis().url);
  redis.on('error', () => undefined);
  await redis.call(...command);
  redis.disconnect();
}
const restartPostgres = () => stage.postgres.restart?.() as Promise<void>;

/** What befalls the servers, each while trips are being booked. */
const BOUNCES: Record<string, () => Promise<unknown>> = {
  'Postgres ends every session': endSessions,
  'Postgres ends them again and again': async () => {
    for (let times = 0; times < 20; times += 1) await endSessions();
  },
  'Postgres restarts': restartPostgres,
  'Redis restarts, empty': () => stage.restartRedis(),
  'both restart': () => Promise.all([restartPostgres(), stage.restartRedis()]),
  'Postgres stops without a word': async () => {
    stage.postgres.freeze?.(true);
    await saidBy({ status: 503, postgres: 'down' });
    stage.postgres.freeze?.(false);
  },
  'Redis stops without a word': async () => {
    stage.redis().freeze?.(true);
    await saidBy({ status: 200, redis: 'down' });
    stage.redis().freeze?.(false);
  },
  'both stop without a word': async () => {
    stage.postgres.freeze?.(true);
    stage.redis().freeze?.(true);
    await saidBy({ status: 503, postgres: 'down', redis: 'down' });
    stage.postgres.freeze?.(false);
    stage.redis().freeze?.(false);
  },
  'Redis forgets its scripts': () => askRedis('SCRIPT', 'FLUSH'),
  'Redis is a replica for a while': async () => {
    await askRedis('REPLICAOF', '127.0.0.1', '9');
    await endSessions();
    await askRedis('REPLICAOF', 'NO', 'ONE');
  },
};

test('Postgres and Redis are bounced while trips are booked: no process ends, every trip comes to a permitted end, and the money agrees', async () => {
  const processes = [stage.web(), ...stage.workers];
  const user = await stage.user();
  const request = await user.tripRequest({ allowDuplicate: true });
  const posted: Promise<string>[] = [];
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [what, bounce] of Object.entries(BOUNCES)) {
      const before = posted.length;
      for (let trips = 0; trips < TRIPS_PER_BOUNCE; trips += 1) posted.push(post(user, request));
      // The first of them is under way, the others are being taken.
      await posted[before];
      await bounce();
      await saidBy({ status: 200, postgres: 'up', redis: 'up' });
      for (const { child, output } of processes)
        expect(child.exitCode ?? child.signalCode, `${what}:\n${output().slice(-2_000)}`).toBeNull();
    }
  const trips = await Promise.all(posted);
  expect(new Set(trips).size).toBe(ROUNDS * Object.keys(BOUNCES).length * TRIPS_PER_BOUNCE);

  const releaseWaiting = createReleaser(stage.database.pool, [user]);
  const open = async () => {
    await releaseWaiting();
    const { rows } = await stage.database.pool.query(
      `select from trip_requests where auto_book_status in ('PENDING', 'BOOKING')`,
    );
    return rows.length;
  };
  await until('every trip to come to its end', async () => (await open()) === 0, 2 * WAIT_MS);
  await until(
    'every mail to be sent and the outbox to be empty',
    async () => {
      const { rows } = await stage.database.pool.query<{ left: number }>(
        `select (select count(*) from outbox where published_at is null)
        + (select count(*) from notifications where status = 'PENDING') as left`,
      );
      return Number(rows[0]?.left) === 0;
    },
    WAIT_MS,
  );
  await expectAllTrueAtRest(stage.database.db, stage.sandbox);
  // An intent whose commit lost its answer is looked up and never repeated, so a trip may end without a ticket; it says so.
  const { rows: ends } = await stage.database.pool.query<{ end: string }>(
    `select distinct auto_book_status || ' ' || (outcome->>'code') as end from trip_requests`,
  );
  expect(PERMITTED_ENDS).toEqual(expect.arrayContaining(ends.map(({ end }) => end)));
  expect(ends).toContainEqual({ end: 'BOOKED booked' });
  for (const { child, output } of processes) {
    expect(child.exitCode ?? child.signalCode).toBeNull();
    expect(output()).not.toContain('uncaught error');
  }
}, 1_200_000);
