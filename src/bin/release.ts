import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { createBase } from '../context/base.ts';
import { migrate } from '../db/migrate.ts';
import { enqueue } from '../queues/outbox.ts';
import { upsertSchedules } from '../queues/schedules.ts';
import { bootConfig } from './boot.ts';

/**
 * The release role, run before new code takes over: brings the schema and the schedules up to date.
 * `release.js cleanup` asks for tonight's cleanup now.
 */
const config = bootConfig();
const [command] = process.argv.slice(2);

if (command === undefined) {
  const owner = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: config.DATABASE_URL, max: 1 }) }),
  });
  const ran = await migrate(owner);
  await owner.destroy();
  console.log(ran.length ? `migrated: ${ran.join(', ')}` : 'the schema is up to date');
} else if (command !== 'cleanup') {
  console.error(`release: unknown command ${command}; there is only cleanup`);
  process.exit(1);
}

const base = await createBase(config, 'parker_worker');
if (command === 'cleanup') {
  await enqueue(base.db, 'cleanup', { step: 'all', day: new Date().toISOString().slice(0, 10) });
  console.log(`asked for ${await base.publisher.flush()} job`);
} else {
  await upsertSchedules(base.publisher.queues, { monitorIntervalMs: config.MONITOR_INTERVAL_MS });
  console.log('the schedules are up to date');
}
await base.close();
