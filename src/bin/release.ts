import { createBase } from '../app/base.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { createOutbox } from '../db/stores/outbox.ts';
import { toOutboxJob } from '../queues/outbox/jobs.ts';
import { upsertSchedules } from '../queues/schedules.ts';
import { bootConfig, bootServers, refuse } from './boot.ts';

/**
 * The release role, run before new code takes over: brings the schema and the schedules up to date.
 * `release.js cleanup` enqueues tonight's cleanup now.
 */
const config = bootConfig();
await bootServers(config, null);
const [command] = process.argv.slice(2);

if (command === undefined) {
  const ran = await migrateDatabase(config.DATABASE_OWNER_URL ?? config.DATABASE_URL).catch(
    (error: Error & { code?: string }) => {
      // The owner's rights are known only by using them. Source: PostgreSQL, "Appendix A": insufficient_privilege.
      if (error.code === '42501')
        refuse(
          `DATABASE_URL: the login may not migrate (${error.message}); sign in as an owner of the database that may create roles`,
        );
      throw error;
    },
  );
  console.log(ran.length ? `migrated: ${ran.join(', ')}` : 'the schema is up to date');
} else if (command !== 'cleanup') {
  console.error(`release: unknown command ${command}; there is only cleanup`);
  process.exit(1);
}

const base = await createBase(config, 'parker_worker');
if (command === 'cleanup') {
  const day = new Date().toISOString().slice(0, 10);
  await createOutbox(base).enqueue([toOutboxJob('cleanup', { step: 'all', day })]);
  console.log(`enqueued ${await base.publisher.flush()} job`);
} else {
  await upsertSchedules(base.publisher.queues, { monitorIntervalMs: config.MONITOR_INTERVAL_MS });
  console.log('the schedules are up to date');
}
await base.close();
