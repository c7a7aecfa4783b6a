import { fareKey } from '../../domain/fare.ts';
import type { Offer } from '../../domain/offer.ts';
import type { AttemptStart } from '../../ports/storage/attempts.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';

/** How long an attempt may take to reach its order; past it nothing new begins and everything is compensated. */
export const ATTEMPT_DEADLINE_MS = 10 * 60_000;

/** Why an attempt starts, and on what. */
export interface StartRequest {
  readonly tripId: string;
  readonly userId: string;
  readonly correlationId: string;
  readonly now: Date;
  /** Only this fare will do; null lets the fresh search choose. */
  readonly wantedFare: Offer | null;
  readonly selectedOfferId: string;
  readonly actor: string;
  readonly flags?: Record<string, boolean>;
  readonly detail: Record<string, unknown>;
}

/** What storage writes to move a watched trip to BOOKING and to start its attempt, in one transaction. */
export function attemptStart(request: StartRequest): AttemptStart {
  const { tripId, userId, correlationId, wantedFare, selectedOfferId, now, actor, flags, detail } = request;
  return {
    tripId,
    userId,
    correlationId,
    deadline: new Date(now.getTime() + ATTEMPT_DEADLINE_MS),
    wantedItinerary: wantedFare && fareKey(wantedFare),
    wantedFare,
    selectedOfferId,
    outcome: { code: 'booking', message: 'An offer fits. We are buying it now.' },
    audit: { type: 'booking.started', actor, detail, ...(flags && { flags }) },
    job: ({ id, number }) => toOutboxJob('book', { attemptId: id, tripId, number }, { correlationId }),
  };
}
