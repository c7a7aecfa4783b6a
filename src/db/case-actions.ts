import { type SelectQueryBuilder, sql } from 'kysely';
import type { CaseAction, CaseStatement } from '../domain/case.ts';
import type { CaseActionRecord } from '../ports/storage/cases.ts';
import type { DB, Db } from './client/index.ts';

const COLUMNS = [
  'id',
  'caseId',
  'version',
  'action',
  'terms',
  'reason',
  'actor',
  'secondActor',
  'state',
] as const;

interface ActionRow extends Omit<CaseActionRecord, 'action' | 'statement' | 'state'> {
  readonly action: string;
  readonly terms: unknown;
  readonly state: string;
}

const toRecord = ({ action, terms, state, ...same }: ActionRow): CaseActionRecord => ({
  ...same,
  action: action as CaseAction,
  statement: terms as CaseStatement,
  state: state as CaseActionRecord['state'],
});

type Query = SelectQueryBuilder<DB, 'caseActions', object>;

async function oneAction(db: Db, narrow: (query: Query) => Query): Promise<CaseActionRecord | undefined> {
  const row = await narrow(db.selectFrom('caseActions') as Query)
    .select(COLUMNS)
    .executeTakeFirst();
  return row && toRecord(row);
}

/** The newest decision about a case. */
export const lastAction = (db: Db, caseId: string): Promise<CaseActionRecord | undefined> =>
  oneAction(db, (query) => query.where('caseId', '=', caseId).orderBy('acceptedAt', 'desc').limit(1));

/** A decision that is still to be carried out. */
export const acceptedAction = (db: Db, id: string): Promise<CaseActionRecord | undefined> =>
  oneAction(db, (query) => query.where('id', '=', id).where('state', '=', 'ACCEPTED'));

/** @returns false when a decision on this version of the case exists */
export async function insertAction(trx: Db, record: CaseActionRecord): Promise<boolean> {
  const { statement, ...same } = record;
  const inserted = await trx
    .insertInto('caseActions')
    .values({
      ...same,
      terms: JSON.stringify(statement),
      ...(record.state !== 'ACCEPTED' && { finishedAt: sql<Date>`now()` }),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

/** @returns whether it was still to be carried out */
export async function finishAction(
  trx: Db,
  id: string,
  { state, outcome }: { state: 'DONE' | 'FAILED'; outcome: string },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('caseActions')
    .set({ state, outcome, finishedAt: sql`now()` })
    .where('id', '=', id)
    .where('state', '=', 'ACCEPTED')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Decisions that no job has carried out for `idleMs`. */
export const unfinishedActions = (db: Db, idleMs: number, limit: number) =>
  db
    .selectFrom('caseActions')
    .select(['id', 'caseId'])
    .where('state', '=', 'ACCEPTED')
    .where('acceptedAt', '<', sql<Date>`now() - ${idleMs} * interval '1 millisecond'`)
    .orderBy('acceptedAt')
    .limit(limit)
    .execute();
