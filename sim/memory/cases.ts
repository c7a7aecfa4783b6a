import type { CaseStore, CaseTransaction } from '../../src/ports/storage/cases.ts';
import { atomically } from './atomically.ts';
import { writeEnd } from './cancellations.ts';
import type { CaseRow } from './case-rows.ts';
import { isWaiting, openCases } from './open-cases.ts';
import type { BookingRow, Tables } from './tables.ts';

/** Cases in memory; one contract suite holds them and those in Postgres to the same behaviour. */
export function createMemoryCases(tables: Tables): CaseStore {
  const find = async (id: string) => openCases(tables).find((one) => one.id === id);
  return {
    open: async (limit) => openCases(tables).slice(0, limit),
    find,
    lastAction: async (caseId) => [...tables.caseActions.values()].findLast((one) => one.caseId === caseId),
    async accepted(actionId) {
      const action = tables.caseActions.get(actionId);
      if (action?.state !== 'ACCEPTED') return undefined;
      return { ...action, case: (await find(action.caseId)) ?? null };
    },
    unfinished: async (idleMs, limit) =>
      [...tables.caseActions.values()]
        .filter(({ state, acceptedAt }) => state === 'ACCEPTED' && acceptedAt < tables.now() - idleMs)
        .slice(0, limit)
        .map(({ id, caseId }) => ({ id, caseId })),
    async finish({ id, caseId, case: one }, { state, outcome, jobs = [] }) {
      const action = tables.caseActions.get(id);
      if (action?.state !== 'ACCEPTED') return;
      action.state = state;
      const orphan = tables.orphans.get(caseId);
      if (state === 'DONE' && one?.kind === 'orphan' && orphan) orphan.outcome = outcome;
      if (state === 'DONE' && one?.kind === 'refund') resolveRefund(tables, caseId);
      if (state === 'DONE') tables.insertJobs([...jobs]);
    },
    recordRefusal: async (entry) => void tables.opsAudits.push(entry),
    async transaction(one, work) {
      const [actions, row] = [new Map(tables.caseActions), tables.cases.get(one.id)];
      const before = row && { ...row };
      const written = tables.opsAudits.length;
      if (!row) tables.cases.set(one.id, { ...UNTOUCHED });
      try {
        return await atomically(tables, () => work(verbs(tables, one.id)));
      } catch (error) {
        tables.opsAudits.length = written;
        tables.caseActions.clear();
        for (const [id, action] of actions) tables.caseActions.set(id, action);
        tables.cases.set(one.id, before ?? { ...UNTOUCHED });
        throw error;
      } finally {
        tables.afterCommit();
      }
    },
  };
}

const UNTOUCHED: CaseRow = { takenBy: null, takenAt: null, takenVersion: null, proposal: null };

function verbs(tables: Tables, id: string): CaseTransaction {
  const row = () => tables.cases.get(id) as CaseRow;
  return {
    read: async () => openCases(tables).find((one) => one.id === id),
    async recordTaker(who, version) {
      Object.assign(row(), { takenBy: who, takenAt: tables.now(), takenVersion: version });
    },
    async propose(proposal) {
      row().proposal = { ...proposal, at: new Date(tables.now()) };
    },
    async recordAction(action) {
      const taken = [...tables.caseActions.values()].some(
        ({ caseId, version }) => caseId === action.caseId && version === action.version,
      );
      if (!taken) tables.caseActions.set(action.id, { ...action, acceptedAt: tables.now() });
      return !taken;
    },
    lockTrip: async (tripId) => tables.trips.get(tripId)?.status,
    async moveTrip(tripId, { from, to, nextCheckAt, ...set }) {
      return tables.moveTrip(tripId, from, to, {
        ...set,
        ...(nextCheckAt !== undefined && { nextCheckAt: nextCheckAt?.getTime() ?? null }),
      });
    },
    async reopenAttempt(one, { errorMessage: _, ...patch }, orderOutcome) {
      const attempt = tables.attempts.get(one.id);
      if (!attempt || !isWaiting(tables, attempt) || attempt.step !== one.step) return undefined;
      const { epoch, tripId, number } = attempt;
      Object.assign(attempt, patch, {
        status: 'PENDING',
        leaseUntil: null,
        resumeAt: null,
        epoch: epoch + 1,
        updatedAt: tables.now(),
      });
      const order = tables.step(one.id, 'order');
      if (order && orderOutcome !== null) order.outcome = orderOutcome;
      return { tripId, number };
    },
    async resumeCancellation(one, { errorCode: _, errorMessage: __, ...patch }) {
      const cancellation = tables.cancellations.get(one.id);
      if (cancellation?.status !== 'NEEDS_HUMAN') return undefined;
      const { epoch } = cancellation;
      const set = { status: 'PENDING', epoch: epoch + 1, leaseUntil: null, updatedAt: tables.now() };
      Object.assign(cancellation, patch, set);
      return cancellation.bookingId;
    },
    async endCancellation(one, { errorCode: _, errorMessage: __, ...patch }, end) {
      const cancellation = tables.cancellations.get(one.id);
      if (cancellation?.status !== 'NEEDS_HUMAN') return false;
      Object.assign(cancellation, patch, { epoch: cancellation.epoch + 1, leaseUntil: null });
      writeEnd(tables, tables.bookings.get(cancellation.tripId) as BookingRow, end);
      for (const request of end.notifications) tables.notify(request);
      return true;
    },
    async closeOrphan(one, outcome) {
      const orphan = tables.orphans.get(one.id);
      if (!orphan || orphan.outcome !== null) return false;
      orphan.outcome = outcome;
      return true;
    },
    resolveRefund: async (one) => resolveRefund(tables, one.id),
    async audit({ tripId, attemptId = null, type, detail, actor }) {
      tables.audit({ tripId: tripId as string, attemptId, type, detail, actor });
    },
    opsAudit: async (entry) => void tables.opsAudits.push(entry),
    async enqueue(job) {
      tables.insertJobs([job]);
    },
  };
}

/** As `resolveRefund` in src/db/stores/cases.ts. */
function resolveRefund(tables: Tables, id: string): boolean {
  const refund = tables.refunds.get(id);
  if (!refund || refund.resolvedAt !== null) return false;
  refund.resolvedAt = tables.now();
  return true;
}
