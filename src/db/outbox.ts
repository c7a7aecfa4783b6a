import { sql } from 'kysely';
import type { OutboxJob, UnpublishedJob } from '../ports/outbox.ts';
import type { Db } from './client/index.ts';
import { precompiled } from './client/precompiled.ts';

/** Inserts jobs in the transaction of the change that causes them: both commit, or neither does. One statement. */
export async function insertJobs(trx: Db, jobs: readonly OutboxJob[]): Promise<void> {
  if (jobs.length === 0) return;
  await sql`
    insert into outbox (queue, name, job_id, payload, correlation_id, run_at)
    select queue, name, "jobId", payload, "correlationId", "runAt"
    from jsonb_to_recordset(${JSON.stringify(jobs)}::jsonb)
      as j (queue text, name text, "jobId" text, payload jsonb, "correlationId" text, "runAt" timestamptz)`.execute(
    trx,
  );
}

/**
 * The oldest rows that are not published.
 *
 * Every published row leaves a dead entry in the partial index, and a bitmap scan would visit all of them each time until
 * the next vacuum. The index scan for the first unpublished row marks them as dead; the other rows are read from there on.
 * @param page.names the jobs that this version knows; only a newer version knows queue and options of the others
 */
export function unpublishedRows(
  db: Db,
  page: { names: readonly string[]; limit: number },
): Promise<UnpublishedJob[]> {
  return unpublished(db, page) as Promise<UnpublishedJob[]>;
}
const unpublished = precompiled((db, { names, limit }: { names: readonly string[]; limit: number }) =>
  db
    .selectFrom('outbox')
    .select(['id', 'name', 'jobId', 'payload', 'correlationId', 'runAt'])
    .where('publishedAt', 'is', null)
    .where('id', '>=', ({ selectFrom }) =>
      selectFrom('outbox')
        .select(({ fn }) => fn.min('id').as('first'))
        .where('publishedAt', 'is', null),
    )
    .where('name', '=', sql<string>`any (${names}::text[])`)
    .orderBy('id')
    .limit(limit),
);

/** Commits asynchronously: a row whose mark is lost in a crash is published again, and its job still runs once. */
export async function markPublished(db: Db, ids: readonly number[]): Promise<void> {
  await sql`
    update outbox set published_at = now() from (select set_config('synchronous_commit', 'off', true)) as soon
    where id = any (${[...ids]}::bigint[])`.execute(db);
}
