import { randomUUID } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { Logger, makeWorkerUtils, run as runGraphile } from 'graphile-worker';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { fiveSteps, STEPS_TABLES } from '../sagas/cron.ts';
import { AT_ONCE, type Contender } from '../support/measure.ts';

/** Connections each may have to its database, as many as Parker. */
const POOL = 24;

/** The peers, each as its own documentation has it, doing five durable steps that cost nothing. */
export async function peers(emptyDatabase: () => Promise<string>): Promise<Contender[]> {
  return [
    await dbos(await emptyDatabase()),
    await graphile(await emptyDatabase()),
    await pgBoss(await emptyDatabase()),
  ];
}

const newIds = async (count: number) => Array.from({ length: count }, () => randomUUID());

/** Durable workflows of five durable steps: the peer with guarantees like ours. */
async function dbos(url: string): Promise<Contender> {
  const quiet = { debug() {}, info() {}, warn() {}, error: console.error };
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: url,
    systemDatabasePoolSize: POOL,
    logger: quiet as never,
  });
  const book = DBOS.registerWorkflow(
    async (id: string) => {
      for (const name of ['reprice', 'authorize', 'order', 'capture', 'confirm'])
        await DBOS.runStep(async () => id, { name });
    },
    { name: 'book' },
  );
  await DBOS.launch();
  return {
    name: 'DBOS Transact',
    prepare: newIds,
    async run(ids) {
      const queue = [...ids];
      const lane = async () => {
        for (let id = queue.pop(); id; id = queue.pop()) await book(id);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
    },
    close: () => DBOS.shutdown(),
  };
}

/** A job each, and five steps of state and trail by hand. */
async function graphile(url: string): Promise<Contender> {
  const pool = new pg.Pool({ connectionString: url, max: POOL });
  await pool.query(STEPS_TABLES);
  const done = countdown();
  const logger = new Logger(() => () => undefined);
  const utils = await makeWorkerUtils({ connectionString: url, logger });
  const runner = await runGraphile({
    connectionString: url,
    maxPoolSize: 10,
    concurrency: AT_ONCE,
    noHandleSignals: true,
    pollInterval: 100,
    logger,
    taskList: {
      book: async (payload) => {
        await fiveSteps(pool, (payload as { id: string }).id);
        done.one();
      },
    },
  });
  return {
    name: 'graphile-worker',
    prepare: (count) => newSagas(pool, count),
    async run(ids) {
      const over = done.of(ids.length);
      await utils.addJobs(ids.map((id) => ({ identifier: 'book', payload: { id } })));
      await over;
    },
    async close() {
      await runner.stop();
      await utils.release();
      await pool.end();
    },
  };
}

/** The same on pg-boss. */
async function pgBoss(url: string): Promise<Contender> {
  const pool = new pg.Pool({ connectionString: url, max: POOL });
  await pool.query(STEPS_TABLES);
  const boss = new PgBoss({ connectionString: url, max: 10 });
  boss.on('error', console.error);
  await boss.start();
  await boss.createQueue('book');
  const done = countdown();
  await boss.work<{ id: string }>(
    'book',
    { batchSize: AT_ONCE, pollingIntervalSeconds: 0.5 },
    async (jobs) => {
      await Promise.all(jobs.map(({ data }) => fiveSteps(pool, data.id)));
      for (const _ of jobs) done.one();
    },
  );
  return {
    name: 'pg-boss',
    prepare: (count) => newSagas(pool, count),
    async run(ids) {
      const over = done.of(ids.length);
      await boss.insert(
        'book',
        ids.map((id) => ({ data: { id } })),
      );
      await over;
    },
    async close() {
      await boss.stop();
      await pool.end();
    },
  };
}

async function newSagas(pool: pg.Pool, count: number): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `insert into sagas (id) select gen_random_uuid() from generate_series(1, $1) returning id`,
    [count],
  );
  return rows.map(({ id }) => id);
}

function countdown() {
  let left = 0;
  let finished: () => void = () => undefined;
  return {
    of: (count: number) => {
      left = count;
      return new Promise<void>((resolve) => (finished = resolve));
    },
    one: () => {
      left -= 1;
      if (left === 0) finished();
    },
  };
}
