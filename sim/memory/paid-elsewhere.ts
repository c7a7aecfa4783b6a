import type { CaseAction } from '../../src/domain/case.ts';
import type { Tables } from './tables.ts';

/** Of an attempt's failed refunds, what a person stated to have paid in another way, in minor units. */
export const paidElsewhereOf = ({ refunds, caseActions }: Tables, attemptId: string): number =>
  [...refunds.values()]
    .filter((row) => row.attemptId === attemptId && row.resolvedAt !== null)
    .filter((row) =>
      [...caseActions.values()].some(
        ({ caseId, action, statement }) =>
          caseId === row.id && action === 'close' && statement.paidElsewhere === true,
      ),
    )
    .reduce((sum, { amount }) => sum + amount.minor, 0);

/** Whether a decision about one of an attempt's refunds is being carried out. */
export const hasDecisionUnderWay = (tables: Tables, attemptId: string): boolean =>
  refundDecisionUnderWay(tables, attemptId) !== null;

/** What was decided about one of an attempt's refunds and is still to be carried out. */
export const refundDecisionUnderWay = (
  { refunds, caseActions }: Tables,
  attemptId: string,
): CaseAction | null =>
  [...caseActions.values()].find(
    ({ caseId, state }) => state === 'ACCEPTED' && refunds.get(caseId)?.attemptId === attemptId,
  )?.action ?? null;
