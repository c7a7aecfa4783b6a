import { type Kysely, sql } from 'kysely';
import type {
  AttemptDirectoryStore,
  AttemptDirectoryTransaction,
  AttemptSummary,
} from '../../ports/storage/attempt-directory.ts';
import type { VendorRefs } from '../../ports/webhooks.ts';
import { REOPENED, toColumns } from '../attempt-columns.ts';
import { SUMMARY_COLUMNS } from '../attempts.ts';
import { audit } from '../audits.ts';
import { type DB, type Db, inTransaction, type Trx, unlessLive } from '../client/index.ts';
import { insertJobs } from '../outbox.ts';
import { lockTrip, moveTrip } from '../trips.ts';
import { wakeAttempt } from '../wake-attempt.ts';

/** Attempts in Postgres, for those who come from outside the saga. */
export function createAttemptDirectoryStore({ db }: { db: Kysely<DB> }): AttemptDirectoryStore {
  return {
    findByRefs: (refs) => findByRefs(db, refs),
    byIds: async (ids) =>
      ids.length === 0
        ? []
        : db
            .selectFrom('bookingAttempts')
            .select(SUMMARY_COLUMNS)
            .where('id', 'in', [...ids])
            .execute(),
    transaction: (work) => unlessLive(inTransaction(db), (trx) => work(verbs(trx))),
  };
}

async function findByRefs(
  db: Db,
  { attemptId: id, orderId, offerId, paymentIntentId }: VendorRefs,
): Promise<AttemptSummary | undefined> {
  const names = Object.entries({ id, orderId, offerId, paymentIntentId }).filter(([, value]) => value);
  if (names.length === 0) return undefined;
  return db
    .selectFrom('bookingAttempts')
    .select(SUMMARY_COLUMNS)
    .where((eb) => eb.or(names.map(([column, value]) => eb(column as 'id', '=', value as string))))
    .orderBy('startedAt', 'desc')
    .limit(1)
    .executeTakeFirst();
}

function verbs(trx: Trx): AttemptDirectoryTransaction {
  return {
    lockTrip: (id) => lockTrip(trx, id),
    moveTrip: (id, { from, to, ...set }) => moveTrip(trx, id, from, to, set),
    async reopen(attempt, patch) {
      const row = await trx
        .updateTable('bookingAttempts')
        .set({
          ...toColumns(patch),
          ...REOPENED,
        })
        .where('id', '=', attempt.id)
        .where('epoch', '=', attempt.epoch)
        .where('status', '=', attempt.status)
        .returning('userId')
        .executeTakeFirst();
      return row?.userId;
    },
    async insert({ patch, ...attempt }) {
      const { tripId } = attempt;
      const next = sql<number>`(select coalesce(max(number), 0) + 1 from booking_attempts where trip_id = ${tripId})`;
      const row = await trx
        .insertInto('bookingAttempts')
        .values({
          ...attempt,
          ...toColumns(patch),
          number: next,
          idempotencyKey: sql`${`book-${tripId}-`} || ${next}`,
          deadline: sql<Date>`now()`,
        })
        .returning('number')
        .executeTakeFirstOrThrow();
      return row.number;
    },
    wake: (attemptId, news) => wakeAttempt(trx, attemptId, news),
    audit: (entry) => audit(trx, entry),
    enqueue: (job) => insertJobs(trx, [job]),
  };
}
