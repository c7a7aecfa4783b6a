import type { Attempt, AttemptOutcome, AttemptPatch, Compensation, StepName } from '../../domain/attempt.ts';
import type { Intent } from '../../domain/saga.ts';
import { resultsOf, type StepEffects } from '../saga/step.ts';
import type { BookingStepPorts, BookingStepResult } from './ports.ts';

export const { next, finish } = resultsOf<StepName, AttemptPatch, AttemptOutcome>();
/** A person takes over; the step stays as it is. */
export const toHuman = (code: string, message: string): BookingStepResult =>
  finish({ kind: 'human', code, message });

/** Turns to compensation: an order that exists is cancelled, then the authorization is voided. */
export function compensate(
  attempt: Attempt,
  compensation: Compensation,
  effects: StepEffects<StepName, AttemptPatch> = {},
): BookingStepResult {
  const { events = [], patch } = effects;
  return next(attempt.order ? 'cancel_order' : 'void', {
    ...effects,
    patch: { ...patch, compensation },
    events: [...events, { type: 'booking.undoing', detail: { code: compensation.code } }],
  });
}

/** A vendor refuses our own account: the fault is ours, and the trip is watched on. */
export const accountTrouble: Compensation = {
  code: 'account_trouble',
  message:
    'We could not go on because of trouble with an account of ours. Nothing is charged; we keep watching.',
  to: 'watch',
};

/** The fuse's word, when it refused the intent. */
export const stopBy = ({ stop }: Intent): Compensation | null => stop && { ...stop, to: 'watch' };

/** Whether a new authorization or order may begin now; asked right before each. Compensation never asks. */
export async function reasonToStop(ports: BookingStepPorts, attempt: Attempt): Promise<Compensation | null> {
  if (attempt.trip.status === 'CANCELLED')
    return { code: 'cancelled', message: 'You cancelled the trip.', to: 'cancelled' };
  if (ports.clock.now() >= attempt.deadline)
    return { code: 'took_too_long', message: 'Booking took too long; we keep watching.', to: 'watch' };
  const stop = await ports.flags.bookingStop(attempt.userId);
  return stop && { code: stop.code, message: `${stop.message} We keep your request.`, to: 'watch' };
}
