import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { startPostgres } from '../scripts/support/postgres.ts';
import { migrate } from '../src/db/migrate.ts';
import { measure } from './measure.ts';
import { sagaBench } from './saga.ts';

/** `make bench`: figures side by side, from one run on one machine; only their ratio means anything elsewhere. */
const BOOKINGS = 1_000;
const CONCURRENCY = 16;
const ROUNDS = 5;

const server = await startPostgres({ durable: true });
const scratch = `parker_bench_${process.pid}`;
const admin = new pg.Client({ connectionString: server.url });
await admin.connect();
await admin.query(`create database ${scratch}`);
const url = new URL(server.url);
url.pathname = `/${scratch}`;
const owner = new Kysely<unknown>({
  dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url.href, max: 1 }) }),
});
await migrate(owner);
await owner.destroy();

const { contenders, close } = sagaBench(url.href, BOOKINGS, CONCURRENCY);
const figures = await measure(contenders, ROUNDS);
await close();
const { rows } = await admin.query<{ version: string }>('show server_version');
await admin.query(`drop database ${scratch}`);
await admin.end();
await server.stop();

const floor = figures.find((figure) => figure.name === 'floor')?.median ?? 1;
console.log(
  `\nDurable bookings a second (${BOOKINGS} a round, ${CONCURRENCY} at once, median of ${ROUNDS}, synchronous commit)\n`,
);
for (const { name, median, low, high } of figures)
  console.log(
    `  ${name.padEnd(8)} ${String(median).padStart(6)}/s   ${low}–${high}   ${(median / floor).toFixed(2)} of the floor`,
  );

const machine = { cores: cpus().length, model: cpus()[0]?.model, memoryGb: Math.round(totalmem() / 1e9) };
const result = {
  bench: 'saga',
  at: new Date().toISOString(),
  machine,
  node: process.version,
  postgres: rows[0]?.version,
  figures,
};
mkdirSync(new URL('results/', import.meta.url), { recursive: true });
writeFileSync(new URL('results/saga.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`);
