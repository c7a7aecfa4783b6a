import type { AttemptStatus, StepName } from './attempt.ts';

/** The state of a trip's live attempt when its traveller wants to cancel. */
export interface LiveAttempt {
  readonly status: AttemptStatus;
  readonly step: StepName;
  /** Outcome of the order call: undefined when no intent was recorded, null while it is unknown. */
  readonly orderOutcome: string | null | undefined;
}

const ORDER_UNKNOWN =
  'The airline has not said yet whether it made your ticket, so the trip can not be cancelled: your money is reserved, not taken. ' +
  'If you would rather not wait, ask for its release with POST /api/trips/{id}/release.';

/** Why nothing of a trip can be released, in words for the traveller; null when its order is waited for. */
export function notReleasable(attempt: LiveAttempt | undefined): string | null {
  if (attempt?.status === 'PENDING' && attempt.step === 'settle') return null;
  if (attempt?.status === 'PENDING' && attempt.step === 'order')
    return 'The airline is being asked for your ticket right now. Its answer may take two minutes; try again then.';
  return 'No order of this trip is waited for, so there is nothing to release.';
}

/** Why no payment of a trip can be confirmed, in words for the traveller; null when one waits for it. */
export function notConfirmable(attempt: Pick<LiveAttempt, 'status' | 'step'> | undefined): string | null {
  if (attempt?.status === 'PENDING' && attempt.step === 'confirm_payment') return null;
  return 'No payment of this trip waits to be confirmed. GET /api/trips/{id} says how it stands.';
}

/** Why a trip whose booking is under way can no longer be cancelled, in words for the traveller; null when it can. */
export function tooLateToCancel({ status, step, orderOutcome }: LiveAttempt): string | null {
  if (status === 'NEEDS_HUMAN')
    return 'A person is looking into this booking. They will write to you; nothing else will be bought.';
  const beforeOrder = ['reprice', 'authorize', 'confirm_payment', 'void'].includes(step);
  const orderStarted =
    orderOutcome !== undefined && orderOutcome !== 'not_attempted' && orderOutcome !== 'refused';
  if (step === 'settle') return ORDER_UNKNOWN;
  return !beforeOrder && orderStarted
    ? 'The airline is being asked for your ticket right now. If it is issued you will get it by mail and can cancel the booking; if not, nothing is charged.'
    : null;
}
