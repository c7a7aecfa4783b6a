import { type OpenCase, ORDER_CASE_AFTER_MS } from '../../src/domain/case.ts';
import type { CaseStore, CaseTransaction } from '../../src/ports/storage/cases.ts';
import type { CancellationRow } from './after-ticket-rows.ts';
import { atomically } from './atomically.ts';
import { writeEnd } from './cancellations.ts';
import type { CaseRow } from './case-rows.ts';
import type { AttemptRow, BookingRow, Tables } from './tables.ts';

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
      if (!attempt || !waits(tables, attempt) || attempt.step !== one.step) return undefined;
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
    resolveRefund: async () => false,
    async audit({ tripId, attemptId = null, type, detail, actor }) {
      tables.audit({ tripId: tripId as string, attemptId, type, detail, actor });
    },
    opsAudit: async (entry) => void tables.opsAudits.push(entry),
    async enqueue(job) {
      tables.insertJobs([job]);
    },
  };
}

function waits(tables: Tables, { id, status, step }: AttemptRow): boolean {
  const order = tables.step(id, 'order');
  const longAgo = order && order.intendedAt < tables.now() - ORDER_CASE_AFTER_MS;
  return status === 'NEEDS_HUMAN' || (status === 'PENDING' && step === 'settle' && longAgo === true);
}

/** As src/db/cases.ts reads them. */
export function openCases(tables: Tables): OpenCase[] {
  const attempts = [...tables.attempts.values()].filter((row) => waits(tables, row));
  const cancellations = [...tables.cancellations.values()].filter(({ status }) => status === 'NEEDS_HUMAN');
  const orphans = [...tables.orphans].filter(
    ([id, { action, outcome }]) => action === 'human' && outcome === null && !isOfAttempt(tables, id),
  );
  const cases = [
    ...attempts.map((row) => ofAttempt(tables, row)),
    ...cancellations.map((row) => ofCancellation(tables, row)),
    ...orphans.map(([id, { kind, attemptId }]) => ofOrphan(tables, id, kind, attemptId)),
  ];
  const left = ({ deadline }: OpenCase) => deadline?.getTime() ?? Number.POSITIVE_INFINITY;
  return cases.sort((a, b) => (left(a) === left(b) ? 0 : left(a) - left(b)));
}

const isOfAttempt = ({ attempts }: Tables, id: string): boolean =>
  [...attempts.values()].some(({ order, status }) => order?.orderId === id && status !== 'FAILED');

function ofAttempt(tables: Tables, row: AttemptRow): OpenCase {
  const [order, held, captured] = (['order', 'authorize', 'capture'] as const).map((step) =>
    tables.step(row.id, step),
  );
  const looking = row.status === 'PENDING';
  const minor = row.offer?.price.minor ?? null;
  const isCaptured = captured?.outcome === 'captured';
  return {
    ...common(tables, 'attempt', row.id, looking ? 'looking-up' : `e${row.epoch}`),
    code: looking ? 'order_unknown' : (row.errorCode ?? 'unknown'),
    step: row.step,
    since: new Date(looking ? (order?.intendedAt ?? 0) : row.updatedAt),
    deadline: row.captureBefore,
    tripId: row.tripId,
    userId: row.userId,
    attemptId: row.id,
    correlationId: row.correlationId,
    order: row.order && { orderId: row.order.orderId, reference: row.order.bookingReference },
    orderOutcome: order?.outcome,
    offerId: row.offer?.offerId ?? null,
    paymentIntentId: row.paymentIntentId,
    cancelledByTraveller: row.compensation?.to === 'cancelled',
    money: {
      currency: row.offer?.price.currency ?? null,
      reservedMinor: held?.outcome === 'held' && !isCaptured ? minor : held || row.paymentIntentId ? null : 0,
      capturedMinor: isCaptured ? (row.order?.total.minor ?? minor) : captured?.outcome === null ? null : 0,
      refundedMinor: 0,
      stakeMinor: minor,
      owedMinor: null,
      paidElsewhereMinor: 0,
    },
  };
}

function ofCancellation(tables: Tables, row: CancellationRow): OpenCase {
  const { minor, currency } = row.paid;
  return {
    ...common(tables, 'cancellation', row.id, `e${row.epoch}`),
    code: 'unknown',
    step: row.step,
    since: new Date(row.updatedAt),
    deadline: null,
    tripId: row.tripId,
    userId: row.userId,
    attemptId: row.attemptId,
    correlationId: row.correlationId,
    order: { orderId: row.orderId, reference: '' },
    orderOutcome: 'created',
    offerId: null,
    paymentIntentId: row.paymentIntentId,
    cancelledByTraveller: false,
    money: {
      currency,
      reservedMinor: 0,
      capturedMinor: minor,
      refundedMinor: 0,
      stakeMinor: minor,
      owedMinor: null,
      paidElsewhereMinor: 0,
    },
  };
}

function ofOrphan(tables: Tables, id: string, kind: string, attemptId: string | null): OpenCase {
  const attempt = attemptId ? tables.attempts.get(attemptId) : undefined;
  return {
    ...common(tables, 'orphan', id, 'found'),
    code: `orphan_${kind}`,
    step: kind,
    since: new Date(tables.now()),
    deadline: null,
    tripId: attempt?.tripId ?? null,
    userId: attempt?.userId ?? null,
    attemptId: attempt?.id ?? null,
    correlationId: attempt?.correlationId ?? null,
    order: kind === 'order' ? { orderId: id, reference: null } : null,
    orderOutcome: null,
    offerId: null,
    paymentIntentId: kind === 'hold' ? id : null,
    cancelledByTraveller: false,
    money: {
      currency: null,
      reservedMinor: null,
      capturedMinor: null,
      refundedMinor: null,
      stakeMinor: null,
      owedMinor: null,
      paidElsewhereMinor: 0,
    },
  };
}

function common(tables: Tables, kind: OpenCase['kind'], id: string, state: string) {
  const actions = [...tables.caseActions.values()].filter(({ caseId }) => caseId === id);
  const version = `${state}-${actions.length}`;
  const row = tables.cases.get(id);
  const taken = row?.takenVersion === version ? row : undefined;
  return {
    id,
    kind,
    version,
    message: '',
    providerId: null,
    takenBy: taken?.takenBy ?? null,
    takenAt: taken?.takenAt == null ? null : new Date(taken.takenAt),
    proposal: row?.proposal ?? null,
    underWay: actions.find(({ state: at }) => at === 'ACCEPTED')?.action ?? null,
  };
}
