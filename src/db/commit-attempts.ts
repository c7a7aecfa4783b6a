import { type Kysely, sql } from 'kysely';
import type { Attempt, AttemptPatch } from '../domain/attempt.ts';
import { Fenced } from '../errors.ts';
import type { OutboxJob } from '../ports/outbox.ts';
import type { AttemptEnd, NewBooking } from '../ports/storage/attempts.ts';
import type { NotificationRequest } from '../ports/storage/notifications.ts';
import type { SagaWrite, WriteResult } from '../ports/storage/saga.ts';
import { toColumns } from './attempt-columns.ts';
import { type DB, inTransaction, isPooled } from './client/index.ts';

/** One attempt's part of a batch. */
export interface AttemptCommit {
  readonly attempt: Pick<Attempt, 'id' | 'epoch' | 'tripId' | 'userId' | 'correlationId'>;
  readonly write: SagaWrite<AttemptPatch, AttemptEnd>;
  /** Extends the claim by this long, in ms. */
  readonly leaseMs: number;
}

/** Raised by `commit_attempts` for an epoch that is no longer the newest. */
const PAST_EPOCH = 'PF001';

/** Writes one attempt by itself: waits for its trip's lock. @throws Fenced when its epoch is no longer the newest */
export async function commitAlone(db: Kysely<DB>, commit: AttemptCommit): Promise<WriteResult> {
  try {
    return (await commitAttempts(db, [commit], true))[0] as WriteResult;
  } catch (error) {
    if ((error as { code?: string }).code === PAST_EPOCH) throw new Fenced((error as Error).message);
    throw error;
  }
}

/**
 * Writes state, audit log, outbox and the next intent of an attempt. Concurrent commits share one transaction and one round
 * trip. The procedure commits by itself, so it can't be part of another transaction.
 *
 * A commit whose trip is locked by another transaction, or whose epoch is past, is left out of the batch and written alone,
 * so that it delays or fails no other.
 * @returns what was written, by place in the batch; null for one that was left out
 */
export async function commitAttempts(
  db: Kysely<DB>,
  commits: readonly AttemptCommit[],
  alone = false,
): Promise<(WriteResult | null)[]> {
  const batch = commits.map(toBatchRow);
  const written = isPooled(db) ? await writeInSteps(db, batch, alone) : await writeAtOnce(db, batch, alone);
  const answers = new Map(written.map(({ n, ...answer }) => [n, answer]));
  return commits.map((_, n) => answers.get(n) ?? null);
}

type Answer = WriteResult & { readonly n: number };
type BatchRow = ReturnType<typeof toBatchRow>;

async function writeAtOnce(db: Kysely<DB>, batch: readonly BatchRow[], alone: boolean): Promise<Answer[]> {
  const { rows } = await sql<{ answers: Answer[] }>`
    call commit_attempts(${JSON.stringify(batch)}, ${alone}, null)`.execute(db);
  return rows[0]?.answers ?? [];
}

/**
 * What the procedure does, step by step: a pooler in transaction mode gives the role to a transaction, and the procedure ends its
 * own. The charges commit by themselves here too, before the rest.
 */
async function writeInSteps(db: Kysely<DB>, batch: readonly BatchRow[], alone: boolean): Promise<Answer[]> {
  let rest = batch;
  let stops: object = {};
  if (batch.some(({ charge }) => charge)) {
    const { rows } = await sql<{ charged: { stops: object; left?: number[] } }>`
      select charge_attempts(${JSON.stringify(batch)}, ${alone}) as charged`.execute(db);
    const { stops: found = {}, left = [] } = rows[0]?.charged ?? {};
    stops = found;
    rest = batch.filter(({ n }) => !left.includes(n));
  }
  return inTransaction(db)(async (trx) => {
    const { rows } = await sql<{ answers: Answer[] | null }>`
      select write_attempts(${JSON.stringify(rest)}, ${alone}, ${JSON.stringify(stops)}) as answers`.execute(
      trx,
    );
    const answers = rows[0]?.answers ?? [];
    if (rest.some(({ credit }) => credit))
      await sql`select credit_attempts(${JSON.stringify(rest)}, ${JSON.stringify(answers)})`.execute(trx);
    return answers;
  });
}

/** A commit as `commit_attempts` takes it; migrations/0004 and 0009 explain each key. Keys that are undefined are not sent. */
export function toBatchRow({ attempt, write, leaseMs }: AttemptCommit, n: number) {
  const { patch, outcomes, events, flags, tripOutcome, intent, fuse, end } = write;
  const { id, epoch, tripId, userId, correlationId } = attempt;
  const charge = fuse?.charge;
  const requests = [...(write.notifications ?? []), ...(end?.notifications ?? [])];
  return {
    n,
    id,
    epoch,
    tripId,
    userId,
    correlationId,
    attempt: snakeCased(toColumns(patch)),
    outcome: tripOutcome,
    settles: outcomes.length ? outcomes : undefined,
    entries: events.length ? events : undefined,
    flags,
    intent,
    asksFuse: fuse?.requiresArmed,
    charge: charge && {
      minor: charge.amount.minor,
      currency: charge.amount.currency,
      rated: charge.rated,
      maxHour: charge.maxMinorPerHour,
      maxMinute: charge.maxPerMinute,
      userHour: charge.maxMinorPerUserHour ?? undefined,
      userCount: charge.maxPerUserHour ?? undefined,
    },
    credit: fuse?.credit,
    unknowns: fuse?.maxUnknownPerHour,
    leaseMs: end ? undefined : leaseMs,
    trip: end?.trip,
    booking: end?.booking && bookingColumns(end.booking),
    tell: requests.length > 0 || end ? requests.map(notificationRow) : undefined,
    ifMoved: end?.whenTripMoved && {
      tell: end.whenTripMoved.notifications.map(notificationRow),
      jobs: end.whenTripMoved.jobs.map(jobRow),
    },
  };
}

const bookingColumns = ({ price, ...booking }: NewBooking) =>
  snakeCased({ ...booking, priceMinor: price.minor, currency: price.currency });

/** `commit_attempts` names columns as Postgres does. */
const snakeCased = (columns: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(columns).map(([name, value]) => [
      name.replaceAll(/[A-Z]/g, (upper) => `_${upper.toLowerCase()}`),
      value,
    ]),
  );

const notificationRow = ({ id, kind, dedupeKey, data, job }: NotificationRequest) => ({
  id,
  kind,
  dedupe_key: dedupeKey,
  data,
  job: jobRow(job),
});

const jobRow = ({ queue, name, jobId, payload, runAt }: OutboxJob) => ({
  queue,
  name,
  job_id: jobId,
  payload,
  run_at: runAt ?? undefined,
});
