import { type Kysely, sql, type UpdateObject } from 'kysely';
import type { OpenCase } from '../../domain/case.ts';
import type { CaseStore, CaseTransaction } from '../../ports/storage/cases.ts';
import { REOPENED, toColumns } from '../attempt-columns.ts';
import { audit } from '../audits.ts';
import { cancellationColumns, writeCancellationEnd } from '../cancellations.ts';
import {
  acceptedAction,
  finishAction,
  insertAction,
  lastAction,
  unfinishedActions,
} from '../case-actions.ts';
import { openCases } from '../cases.ts';
import { type DB, inTransaction, type Trx } from '../client/index.ts';
import { insertOpsAudit } from '../ops-audits.ts';
import { insertJobs } from '../outbox.ts';
import { lockTrip, moveTrip } from '../trips.ts';

/** Cases in Postgres, for ops: needs a database that sees the rows of all users. */
export function createCaseStore({ db }: { db: Kysely<DB> }): CaseStore {
  const find = async (id: string): Promise<OpenCase | undefined> =>
    (await openCases(db, { limit: 1, only: id }))[0];
  return {
    open: (limit) => openCases(db, { limit }),
    find,
    lastAction: (caseId) => lastAction(db, caseId),
    async accepted(actionId) {
      const record = await acceptedAction(db, actionId);
      return record && { ...record, case: (await find(record.caseId)) ?? null };
    },
    unfinished: (idleMs, limit) => unfinishedActions(db, idleMs, limit),
    finish: (action, end) =>
      inTransaction(db)(async (trx) => {
        const first = await finishAction(trx, action.id, end);
        if (!first || end.state === 'FAILED') return;
        if (action.case?.kind === 'orphan') await closeOrphan(trx, action.caseId, end.outcome);
        if (action.case?.kind === 'refund') await resolveRefund(trx, action.caseId);
        if (end.jobs?.length) await insertJobs(trx, end.jobs);
      }),
    recordRefusal: (entry) => insertOpsAudit(db, entry),
    transaction: (one, work) =>
      inTransaction(db)(async (trx) => {
        await lockCase(trx, one);
        return work(verbs(trx, one));
      }),
  };
}

/** Two people who decide about one case, or about two of one payment, come one after the other. */
async function lockCase(
  trx: Trx,
  { id, kind, attemptId }: Pick<OpenCase, 'id' | 'kind' | 'attemptId'>,
): Promise<void> {
  await trx
    .insertInto('cases')
    .values({ caseId: id, kind })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await trx.selectFrom('cases').select('caseId').where('caseId', '=', id).forUpdate().execute();
  if (attemptId)
    await trx
      .selectFrom('bookingAttempts')
      .select('id')
      .where('id', '=', attemptId)
      .forNoKeyUpdate()
      .execute();
}

function verbs(trx: Trx, { id }: Pick<OpenCase, 'id'>): CaseTransaction {
  const change = (set: UpdateObject<DB, 'cases'>) =>
    trx.updateTable('cases').set(set).where('caseId', '=', id).execute();
  return {
    read: async () => (await openCases(trx, { limit: 1, only: id }))[0],
    recordTaker: async (who, version) =>
      void (await change({ takenBy: who, takenAt: sql`now()`, takenVersion: version })),
    async propose({ by, ...proposal }) {
      await change({ proposedBy: by, proposedAt: sql`now()`, proposal: JSON.stringify(proposal) });
    },
    recordAction: (record) => insertAction(trx, record),
    lockTrip: async (tripId) => (await lockTrip(trx, tripId))?.autoBookStatus,
    moveTrip: (tripId, { from, to, ...set }) => moveTrip(trx, tripId, from, to, set),
    reopenAttempt: (one, patch, orderOutcome) => reopenAttempt(trx, one, patch, orderOutcome),
    async resumeCancellation(one, patch) {
      const row = await trx
        .updateTable('cancellations')
        .set({
          ...cancellationColumns(patch),
          status: 'PENDING',
          epoch: sql`epoch + 1`,
          leaseUntil: null,
          updatedAt: sql`now()`,
        })
        .where('id', '=', one.id)
        .where('status', '=', 'NEEDS_HUMAN')
        .returning('bookingId')
        .executeTakeFirst();
      return row?.bookingId;
    },
    async endCancellation(one, patch, end) {
      const row = await trx
        .updateTable('cancellations')
        .set({
          ...cancellationColumns(patch),
          epoch: sql`epoch + 1`,
          leaseUntil: null,
          updatedAt: sql`now()`,
          finishedAt: sql`now()`,
        })
        .where('id', '=', one.id)
        .where('status', '=', 'NEEDS_HUMAN')
        .returning(['bookingId', 'tripId', 'attemptId'])
        .executeTakeFirst();
      if (row) await writeCancellationEnd(trx, row, end);
      return row !== undefined;
    },
    closeOrphan: (one, outcome) => closeOrphan(trx, one.id, outcome),
    resolveRefund: (one) => resolveRefund(trx, one.id),
    audit: (entry) => audit(trx, entry),
    opsAudit: (entry) => insertOpsAudit(trx, entry),
    enqueue: (job) => insertJobs(trx, [job]),
  };
}

/** The caller has read the case in this transaction: only a decision changes an attempt that waits for a person. */
async function reopenAttempt(
  trx: Trx,
  one: OpenCase,
  { caseTerms, ...patch }: Parameters<CaseTransaction['reopenAttempt']>[1],
  orderOutcome: string | null,
) {
  const row = await trx
    .updateTable('bookingAttempts')
    .set({
      ...toColumns(patch),
      caseTerms,
      ...REOPENED,
    })
    .where('id', '=', one.id)
    .where('step', '=', one.step as 'settle')
    .where('status', '=', one.version.startsWith('looking-up') ? 'PENDING' : 'NEEDS_HUMAN')
    .returning(['tripId', 'number'])
    .executeTakeFirst();
  if (row && orderOutcome !== null)
    await trx
      .updateTable('bookingSteps')
      .set({ outcome: orderOutcome, settledAt: sql`now()` })
      .where('attemptId', '=', one.id)
      .where('step', '=', 'order')
      .execute();
  return row;
}

async function closeOrphan(trx: Trx, providerId: string, outcome: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('orphans')
    .set({ outcome, settledAt: sql`now()` })
    .where('providerId', '=', providerId)
    .where('outcome', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

async function resolveRefund(trx: Trx, id: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('refunds')
    .set({ resolvedAt: sql`now()`, updatedAt: sql`now()` })
    .where('id', '=', id)
    .where('resolvedAt', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
