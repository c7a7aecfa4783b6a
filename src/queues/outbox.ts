import { sql } from 'kysely';
import type { Db } from '../db/client.ts';
import { compiled } from '../db/compiled.ts';
import type { JobName, Payload } from './index.ts';
import { jobs } from './index.ts';

/** A job that waits in Postgres for its way into Redis. */
export interface OutboxRow {
  readonly id: number;
  readonly name: JobName;
  readonly jobId: string;
  readonly payload: unknown;
  readonly correlationId: string | null;
  readonly runAt: Date | null;
}

/**
 * Asks for a job in the transaction that gives it its reason: both commit, or neither does. The publisher carries it
 * into Redis right after the commit; a relay does so when the process that committed is gone.
 */
export async function enqueue<Name extends JobName>(
  trx: Db,
  name: Name,
  payload: Payload<Name>,
  options: { correlationId?: string | null; runAt?: Date } = {},
): Promise<void> {
  await enqueueMany(trx, name, [payload], options);
}

export async function enqueueMany<Name extends JobName>(
  trx: Db,
  name: Name,
  payloads: readonly Payload<Name>[],
  options: { correlationId?: string | null; runAt?: Date } = {},
): Promise<void> {
  if (payloads.length === 0) return;
  const { correlationId = null, runAt = null } = options;
  const rows = payloads.map((payload) => waiting(name, payload));
  await sql`
    insert into outbox (queue, name, job_id, payload, correlation_id, run_at)
    select queue, name, "jobId", payload, ${correlationId}, ${runAt}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as j (queue text, name text, "jobId" text, payload jsonb)`.execute(
    trx,
  );
}

/** The job as its row in the outbox has it. */
export function waiting<Name extends JobName>(name: Name, payload: Payload<Name>) {
  const contract = jobs[name];
  const jobId = contract.jobId as (payload: Payload<Name>) => string;
  return { queue: contract.queue, name, jobId: jobId(payload), payload };
}

/**
 * The oldest rows that have not reached Redis. Nothing is locked: publishing one twice is publishing it once. Jobs of a
 * newer version, whose queue and options only it knows, are left to it.
 *
 * Every row leaves a dead entry in the index when it is published, and a bitmap scan would visit all of them again each time
 * until the next vacuum. The search for the first row that waits marks them as it passes; the rest is read from there.
 */
export async function unpublished(db: Db, limit: number): Promise<OutboxRow[]> {
  const rows = await waitingRows(db, { limit });
  return rows.map((row) => ({ ...row, name: row.name as JobName }));
}
const waitingRows = compiled((db, { limit }: { limit: number }) =>
  db
    .selectFrom('outbox')
    .select(['id', 'name', 'jobId', 'payload', 'correlationId', 'runAt'])
    .where('publishedAt', 'is', null)
    .where('id', '>=', ({ selectFrom }) =>
      selectFrom('outbox')
        .select(({ fn }) => fn.min('id').as('first'))
        .where('publishedAt', 'is', null),
    )
    .where('name', 'in', Object.keys(jobs))
    .orderBy('id')
    .limit(limit),
);

/** Does not wait for the disk: a row whose mark is lost is published again, which changes nothing. */
export async function markPublished(db: Db, ids: readonly number[]): Promise<void> {
  await sql`
    update outbox set published_at = now() from (select set_config('synchronous_commit', 'off', true)) as soon
    where id = any (${[...ids]}::bigint[])`.execute(db);
}
