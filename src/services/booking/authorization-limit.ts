import type { Compensation } from '../../domain/attempt.ts';
import type { LimitReached } from '../../domain/authorization-limits.ts';

/** The outcome of a trip whose card may not be tried again yet. */
export const AUTHORIZATION_LIMIT = 'authorization_limit';

/** Of a trip the traveller hears once that its card may not be tried for a while. */
export const limitMailKey = (tripId: string): string => `action_needed:${AUTHORIZATION_LIMIT}:${tripId}`;

/** What the traveller reads while a limit is reached: why nothing is bought, until when, and what they can do. */
export function limitOutcome({ until }: LimitReached): { code: string; message: string } {
  const at = until.toISOString().slice(0, 16).replace('T', ' ');
  return {
    code: AUTHORIZATION_LIMIT,
    message:
      'An offer fits, but your card was tried too often without a ticket to show for it, and card networks bound that. ' +
      `We keep watching, and try to buy again after ${at} UTC. You can choose another card meanwhile.`,
  };
}

/** The same for an attempt that reached the limit on its way. */
export const limitCompensation = (limit: LimitReached): Compensation => ({
  ...limitOutcome(limit),
  to: 'watch',
  notify: 'action_needed',
  alert: 'authorization_limit',
});
