import { createHash, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { allowedActions, type CaseKind, type OpenCase } from '../../domain/case.ts';
import { Refused } from '../../errors.ts';
import type { CaseActionRecord, CaseTransaction } from '../../ports/storage/cases.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';
import { planForAttempt } from './plans/attempt.ts';
import { planForCancellation } from './plans/cancellation.ts';
import { planForDispute } from './plans/dispute.ts';
import { planForOrphan } from './plans/orphan.ts';
import { planForRefund } from './plans/refund.ts';
import type { CasePlan, CasePlanner, CasePorts, CaseRequest } from './ports.ts';
import { orRecordRefusal } from './refusals.ts';

/** What came of a decision. `proposed`: a second person must confirm it. */
export interface CaseReply {
  readonly caseId: string;
  readonly action: CaseRequest['action'];
  readonly state: 'accepted' | 'proposed';
  readonly message: string;
}

/** A proposal that is not confirmed by then is void, in ms. */
export const CONFIRM_WITHIN_MS = 3_600_000;

const PLANNERS: Readonly<Record<CaseKind, CasePlanner>> = {
  attempt: planForAttempt,
  cancellation: planForCancellation,
  orphan: planForOrphan,
  refund: planForRefund,
  dispute: planForDispute,
};

/**
 * Decides about a case. The vendors are asked first; then the decision, the next step of what waits, the audit entries and
 * the job commit together, if the case is still as it was read. The same decision twice is one.
 * @throws Refused `missing`; `conflict` when the case changed, or the action would not end in a true state
 */
export async function actOnCase(ports: CasePorts, request: CaseRequest): Promise<CaseReply> {
  return orRecordRefusal(ports, request, () => act(ports, request));
}

async function act(ports: CasePorts, request: CaseRequest): Promise<CaseReply> {
  const one = await ports.cases.find(request.id);
  if (!one || (request.version !== undefined && request.version !== one.version))
    return repeated(ports, request, one);
  demandAllowed(one, request);
  const plan = await PLANNERS[one.kind](ports, one, request.action, request.statement);
  const reply = await ports.cases.transaction(one, (trx) => decide(ports, trx, one, request, plan));
  ports.afterCommit();
  return reply;
}

/** A decision that was taken already is answered as it was; anything else about a case that changed is refused. */
async function repeated(
  { cases }: CasePorts,
  { id, action, statement, who, version }: CaseRequest,
  one: OpenCase | undefined,
): Promise<CaseReply> {
  const last = await cases.lastAction(id);
  if (!last)
    throw one ? stale(one) : new Refused('missing', 'There is no such case. It may have been ended.');
  const same =
    last.action === action &&
    isDeepStrictEqual(last.statement, statement) &&
    [last.actor, last.secondActor].includes(who) &&
    (version === undefined || version === last.version);
  if (same)
    return { caseId: id, action, state: 'accepted', message: 'You decided this before; it was accepted.' };
  if (one) throw stale(one);
  throw new Refused('conflict', `The case was ended: ${last.actor} decided ${last.action}.`);
}

const stale = ({ version }: OpenCase): Refused =>
  new Refused('conflict', `The case changed since you read it; it is now at ${version}. Read it again.`);

function demandAllowed(one: OpenCase, { action }: CaseRequest): void {
  if (one.underWay)
    throw new Refused('conflict', `${one.underWay} is being carried out. Read the case again in a moment.`);
  const allowed = allowedActions(one);
  if (!allowed.includes(action))
    throw new Refused(
      'conflict',
      `${action} is not possible for this case. Possible now: ${allowed.join(', ')}.`,
    );
}

async function decide(
  ports: CasePorts,
  trx: CaseTransaction,
  one: OpenCase,
  request: CaseRequest,
  plan: CasePlan,
): Promise<CaseReply> {
  const now = await trx.read();
  if (now?.version !== one.version) throw stale(now ?? one);
  demandAllowed(now, request);
  const { action, who, statement } = request;
  const why = secondPerson(ports, plan);
  const proposal = why ? validProposal(ports, now, request) : null;
  if (why && !proposal) {
    await trx.propose({ by: who, version: one.version, action, statement });
    await record(trx, one, request, 'case.proposed', {});
    const message = `Two people decide this (${why}). A second person must confirm ${action} within an hour.`;
    return { caseId: one.id, action, state: 'proposed', message };
  }
  if (proposal?.by === who)
    throw new Refused('conflict', 'You proposed it yourself; a second person must confirm it.');
  const decision: CaseActionRecord = {
    id: randomUUID(),
    caseId: one.id,
    version: one.version,
    action,
    statement,
    reason: request.reason,
    actor: proposal?.by ?? who,
    secondActor: proposal ? who : null,
    state: plan.state,
  };
  if (!((await trx.recordAction(decision)) && (await plan.write(trx)))) throw stale(one);
  await record(trx, one, request, 'case.decided', {
    actionId: decision.id,
    ...(proposal && { with: proposal.by }),
  });
  if (plan.state === 'ACCEPTED') await trx.enqueue(toOutboxJob('case', { actionId: decision.id }));
  return { caseId: one.id, action, state: 'accepted', message: plan.message };
}

/** @returns why a second person is needed */
function secondPerson({ caseSettings }: CasePorts, { stake, needsSecond }: CasePlan): string | null {
  if (needsSecond) return needsSecond;
  if (stake === undefined) return null;
  if (stake === null) return 'the amount is unknown';
  return caseSettings.needsTwoPeople(stake) ? 'the amount is above the limit' : null;
}

/** The same action on the same version with the same statement, proposed at most an hour ago. */
function validProposal({ clock }: CasePorts, one: OpenCase, { action, statement }: CaseRequest) {
  const { proposal } = one;
  if (!proposal || proposal.version !== one.version || proposal.action !== action) return null;
  if (!isDeepStrictEqual(proposal.statement, statement)) return null;
  return clock.now().getTime() - proposal.at.getTime() < CONFIRM_WITHIN_MS ? proposal : null;
}

/**
 * In the operators' audit log with the reason in full, and in the trip's chained one. The traveller may read the chain, and
 * must not read what a bank or an operator suspects: there the reason is a digest that proves the text.
 */
async function record(
  trx: CaseTransaction,
  one: OpenCase,
  { action, statement, reason, who, correlationId }: CaseRequest,
  type: 'case.proposed' | 'case.decided',
  more: Record<string, unknown>,
): Promise<void> {
  const actor = `operator:${who}`;
  const { id: caseId, kind, version, code } = one;
  const target = { caseId, kind, version, code, statement, reason, ...more };
  await trx.opsAudit({ actor, action: `${type} ${action}`, target, allowed: true, correlationId });
  if (!one.userId || !one.tripId) return;
  const reasonSha256 = createHash('sha256').update(reason).digest('hex');
  const detail = { caseId, kind, code, action, reasonSha256, ...more };
  const { userId, tripId } = one;
  const attemptId = one.kind === 'attempt' ? one.attemptId : null;
  await trx.audit({ type, actor, detail, userId, tripId, attemptId, correlationId: one.correlationId });
}
