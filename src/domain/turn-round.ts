import type { AttemptStatus, StepName } from './attempt.ts';

/** What stands of a trip's live attempt when its traveller wants to cancel. */
export interface LiveAttempt {
  readonly status: AttemptStatus;
  readonly step: StepName;
  /** What came of the order call: undefined when it was never announced, null while nobody knows. */
  readonly orderOutcome: string | null | undefined;
}

/** Why a trip whose booking is under way can no longer be cancelled, in words for the traveller; null when it can. */
export function tooLateToCancel({ status, step, orderOutcome }: LiveAttempt): string | null {
  if (status === 'NEEDS_HUMAN')
    return 'A person is looking into this booking. They will write to you; nothing else will be bought.';
  const beforeOrder = step === 'reprice' || step === 'authorize' || step === 'void';
  const begun = orderOutcome !== undefined && orderOutcome !== 'not_attempted' && orderOutcome !== 'refused';
  return !beforeOrder && begun
    ? 'The airline is being asked for your ticket right now. If it is issued you will get it by mail and can cancel the booking; if not, nothing is charged.'
    : null;
}
