import { Refused } from '../../errors.ts';
import type { CasePorts, CaseRequest } from './ports.ts';

type Attempted = Pick<CaseRequest, 'id' | 'who' | 'correlationId'> & {
  readonly action: string;
  readonly version?: string | undefined;
  readonly reason?: string;
};

/**
 * What an operator tried to do about a case and was refused is evidence too: it is written to their log, with why. An input that can't
 * be read, and a case that does not exist, are no attempts.
 */
export async function orRecordRefusal<T>(
  { cases }: Pick<CasePorts, 'cases'>,
  { id, who, correlationId, action, version, reason }: Attempted,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused && error.kind === 'conflict')
      await cases.recordRefusal({
        actor: `operator:${who}`,
        action: `case.refused ${action}`,
        target: { caseId: id, version, reason, refusal: error.message },
        allowed: false,
        correlationId,
      });
    throw error;
  }
}
