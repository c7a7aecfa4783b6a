import type { CasePorts } from '../services/cases/ports.ts';
import { runCaseAction } from '../services/cases/run-action.ts';
import { done, type Handler } from './handler.ts';

export const caseAction =
  (ports: Pick<CasePorts, 'cases' | 'flights' | 'payments' | 'afterCommit'>): Handler<'case'> =>
  async ({ actionId }) =>
    done(await runCaseAction(ports, actionId));
