import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Contender } from '../support/measure.ts';

/**
 * The usual design: a cron job takes a lock in Redis, reads what is due and works through it one by one, five durable
 * steps each. Nothing is fenced, announced or chained.
 */
export async function cron(databaseUrl: string, redisUrl: string): Promise<Contender> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const redis = new Redis(redisUrl);
  await pool.query(STEPS_TABLES);
  return {
    name: 'cron + lock, sequential',
    async prepare(count) {
      const { rows } = await pool.query<{ id: string }>(
        `insert into sagas (id) select gen_random_uuid() from generate_series(1, $1) returning id`,
        [count],
      );
      return rows.map(({ id }) => id);
    },
    async run() {
      const owner = randomUUID();
      for (;;) {
        await redis.set('cron-lock', owner, 'PX', 30_000, 'NX');
        const { rows } = await pool.query<{ id: string }>(`select id from sagas where step < 5 limit 100`);
        for (const { id } of rows) await fiveSteps(pool, id);
        await redis.del('cron-lock');
        if (rows.length === 0) return;
      }
    },
    async close() {
      redis.disconnect();
      await pool.end();
    },
  };
}

/** State and trail of five plain steps, for those who bring a queue and no saga. */
export const STEPS_TABLES = `
  create table sagas (id uuid primary key, step int not null default 0, updated_at timestamptz not null default now());
  create index on sagas (id) where step < 5;
  create table saga_audits (id bigint generated always as identity primary key, saga uuid not null, step int not null,
    at timestamptz not null default now(), detail jsonb not null)`;

/** Five steps, each with its state and its line in the trail in one transaction of one statement. */
export async function fiveSteps(pool: Pick<pg.Pool, 'query'>, id: string): Promise<void> {
  for (let step = 1; step <= 5; step += 1)
    await pool.query({
      name: 'step',
      text: `with s as (update sagas set step = $2, updated_at = now() where id = $1 returning id)
             insert into saga_audits (saga, step, detail) select id, $2, '{}' from s`,
      values: [id, step],
    });
}
