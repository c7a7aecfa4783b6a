import { demand } from '../breach.ts';
import { openCases } from '../memory/open-cases.ts';
import type { Tables } from '../memory/tables.ts';

const DECIDED_END = /_by_hand$/;

/**
 * K1: above the amount two people decide. K2: one decision a version. K3: what was decided is ended, and no decision is left
 * half done. K4: each decision stands once in the operators' log, with its case in the trip's. K5: the traveller is told.
 */
export function checkDecisions(tables: Tables, { needsTwo }: { needsTwo: boolean }): void {
  const actions = [...tables.caseActions.values()];
  for (const { id, caseId, version, action, actor, secondActor, state } of actions) {
    const twice = actions.some((one) => one.id !== id && one.caseId === caseId && one.version === version);
    demand(!twice, 'K2', () => `two decisions about ${version} of ${caseId}`);
    const two = secondActor !== null && secondActor !== actor;
    // What goes on as it was decided before needs one.
    demand(!needsTwo || two || action === 'retry', 'K1', () => `${actor} alone decided ${action}`);
    demand(state !== 'ACCEPTED', 'K3', () => `${action} is still to be carried out`);
    const written = tables.opsAudits.filter(
      ({ target }) => (target as { actionId?: string }).actionId === id,
    );
    demand(
      written.length === 1,
      'K4',
      () => `${action} stands ${written.length} times in the operators' log`,
    );
  }
  const [open] = openCases(tables);
  demand(!open, 'K3', () => `a case is still open: ${open?.kind} ${open?.code} ${open?.version}`);
  for (const { tripId, attemptId, type } of tables.audits) {
    if (type !== 'case.decided' || attemptId === null) continue;
    const attempt = tables.attempts.get(attemptId);
    const { outcome, status } = tables.trip(tripId);
    const ended =
      status === 'FAILED' && DECIDED_END.test(outcome.code) && outcome.code === attempt?.errorCode;
    const notified = tables.notifications.has(`booking_failed:${attemptId}`);
    demand(!ended || notified, 'K5', () => `ended ${outcome.code}, and the traveller was not notified`);
  }
}
