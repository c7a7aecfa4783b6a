import type { Attempt, Unwind } from '../../domain/attempt.ts';
import type { Change, Ending, Intent } from '../../domain/attempt-change.ts';
import type { Move, StepPorts } from './ports.ts';

export const go = (step: Change['step'], change: Omit<Change, 'step'> = {}): Move => ({
  kind: 'go',
  step,
  ...change,
});
export const wait = (ms: number, why: string): Move => ({ kind: 'wait', ms, why });
export const finish = (ending: Ending): Move => ({ kind: 'finish', ending });
export const toHuman = (code: string, message: string): Move => finish({ kind: 'human', code, message });

/** Turns round: an order that exists is cancelled, then the money is let go. */
export function undo(attempt: Attempt, unwind: Unwind, change: Omit<Change, 'step'> = {}): Move {
  const events = [...(change.events ?? []), { type: 'booking.undoing', detail: { code: unwind.code } }];
  return go(attempt.order ? 'cancel_order' : 'void', {
    ...change,
    patch: { ...change.patch, unwind },
    events,
  });
}

/** The fuse's word, when it kept the intent from being written. */
export const stopBy = ({ stop }: Intent): Unwind | null => stop && { ...stop, to: 'watch' };

/** Whether a new authorisation or order may begin now; asked right before each. Compensation never asks. */
export async function reasonToStop(ports: StepPorts, attempt: Attempt): Promise<Unwind | null> {
  if (attempt.trip.status === 'CANCELLED')
    return { code: 'cancelled', message: 'You cancelled the trip.', to: 'cancelled' };
  if (ports.clock.now() >= attempt.deadline)
    return { code: 'took_too_long', message: 'Booking took too long; we keep watching.', to: 'watch' };
  const stop = await ports.flags.bookingStop(attempt.userId);
  return stop && { code: stop.code, message: `${stop.message} We keep your request.`, to: 'watch' };
}
