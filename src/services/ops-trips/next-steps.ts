import { formatMoney } from '../../domain/money.ts';
import type { OpsAttempt, OpsTripRecords } from '../../ports/storage/ops-trips.ts';
import type { CaseView } from '../cases/view.ts';

/** What happens next to a trip, and what makes it happen. */
export interface NextStep {
  readonly what: string;
  /** When it is due; null: as soon as a worker takes it, or when a person decides. */
  readonly at: string | null;
  /** The job that does it; null when a person does, or nothing is left to do. */
  readonly job: string | null;
  /** The command that ends the wait of a person; null elsewhere. */
  readonly command: string | null;
}

const byJob = (job: string, what: string, at: Date | null = null): NextStep => ({
  what,
  at: at?.toISOString() ?? null,
  job,
  command: null,
});

/** The next steps of a trip by what is on record, the most pressing first. There is always one. */
export function nextSteps(records: OpsTripRecords, cases: readonly CaseView[], now: Date): NextStep[] {
  const steps = [
    ...cases.map(decision),
    ...records.attempts.flatMap((attempt) => attemptStep(attempt, cases, now)),
    ...cancellationSteps(records, now),
    ...refundSteps(records),
    ...records.unsent.map(({ kind, lastError }) =>
      byJob('notify', `${kind} is sent${lastError ? `; the last try failed (${lastError})` : ''}`),
    ),
    ...watchSteps(records, now),
  ];
  return steps.length ? steps : [nothing(records)];
}

const decision = ({ id, kind, code, allowed, underWay, deadline }: CaseView): NextStep =>
  underWay
    ? byJob('case', `the decision ${underWay} about the ${kind} is carried out`)
    : {
        what: `a person decides about the ${kind}: ${code}`,
        at: deadline,
        job: null,
        command: allowed.map((action) => `npx parker case ${id} ${action} --reason "…"`).join(' | '),
      };

/** An attempt that waits for a person is a case; one whose order is looked up is both. */
function attemptStep(
  { id, status, step, leaseUntil, resumeAt, number }: OpsAttempt,
  cases: readonly CaseView[],
  now: Date,
): NextStep[] {
  if (status === 'NEEDS_HUMAN') {
    const known = cases.some(({ attemptId }) => attemptId === id);
    return known
      ? []
      : [{ what: `attempt ${number} waits for a person`, at: null, job: null, command: 'npx parker cases' }];
  }
  if (status !== 'PENDING') return [];
  const what = `attempt ${number}: step ${step === 'settle' ? 'settle (looks the order up)' : step}`;
  if (leaseUntil && leaseUntil > now) return [byJob('book', `${what} is running at a worker`)];
  if (resumeAt && resumeAt > now) return [byJob('book', `${what} goes on`, resumeAt)];
  return [byJob('book', `${what} is due; job reconcile requeues it when no worker takes it`)];
}

const cancellationSteps = ({ cancellations }: OpsTripRecords, now: Date): NextStep[] =>
  cancellations.flatMap(({ status, step, leaseUntil }) => {
    if (status !== 'PENDING') return [];
    const running = leaseUntil && leaseUntil > now;
    return [
      byJob(
        'cancel-booking',
        `the cancellation's step ${step} ${running ? 'is running at a worker' : 'is due'}`,
      ),
    ];
  });

/** A refund that is not final is read again until it is. */
const refundSteps = ({ refunds }: OpsTripRecords): NextStep[] =>
  refunds.flatMap(({ status, amountMinor: minor, currency }) => {
    if (status === 'succeeded' || status === 'failed' || status === 'canceled') return [];
    const { amount } = formatMoney({ minor, currency });
    return [
      byJob('follow-payment', `the refund of ${amount} ${currency} (${status}) is read at the bank again`),
    ];
  });

function watchSteps({ trip, attempts }: OpsTripRecords, now: Date): NextStep[] {
  const { autoBookStatus: status, nextCheckAt } = trip;
  if (status === 'PENDING') {
    const due = nextCheckAt && nextCheckAt <= now;
    const what = due
      ? 'its fare is searched; it waits for the next sweep, or for quota'
      : 'its fare is searched';
    return [byJob('search', what, nextCheckAt)];
  }
  const live = attempts.some((one) => one.status === 'PENDING' || one.status === 'NEEDS_HUMAN');
  if (status !== 'BOOKING' || live) return [];
  return [
    { what: 'nothing moves it, though it is BOOKING: call a developer', at: null, job: null, command: null },
  ];
}

const nothing = ({ trip }: OpsTripRecords): NextStep => ({
  what: `nothing: the trip is ${trip.autoBookStatus}`,
  at: null,
  job: null,
  command: null,
});
