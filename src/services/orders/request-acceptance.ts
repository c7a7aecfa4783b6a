import { Refused } from '../../errors.ts';
import type { BookingStore, LockedChange } from '../../ports/storage/bookings.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';
import { type ChangeView, viewChange } from '../bookings/change-view.ts';

export interface AcceptanceRequestDeps {
  readonly bookings: Pick<BookingStore, 'transaction' | 'find'>;
  /** Called after each commit that may have left jobs in the outbox. */
  readonly afterCommit: () => void;
}

/** A traveller's request to accept a change. */
export interface AcceptanceRequest {
  readonly userId: string;
  readonly bookingId: string;
  readonly changeId: string;
  readonly correlationId: string;
}

/** @throws Refused `missing` */
export async function readChange(
  { bookings }: Pick<AcceptanceRequestDeps, 'bookings'>,
  { userId, bookingId, changeId }: Omit<AcceptanceRequest, 'correlationId'>,
): Promise<ChangeView> {
  const booking = await bookings.find(userId, bookingId);
  const change = booking?.changes.find(({ id }) => id === changeId);
  if (!change) throw new Refused('missing', MISSING);
  return viewChange(change);
}

/**
 * Requests that the airline's change be accepted. A worker asks the airline, and the change is accepted once the order says so. Asked
 * again it is the same request.
 * @throws Refused `missing`; `conflict` when it is not open any more, can not be accepted online, or the booking is being cancelled
 */
export async function requestAcceptance(
  deps: AcceptanceRequestDeps,
  { userId, bookingId, changeId, correlationId }: AcceptanceRequest,
): Promise<ChangeView> {
  const change = await deps.bookings.transaction(userId, async (trx) => {
    const found = await trx.lockChange(bookingId, changeId);
    if (!found) throw new Refused('missing', MISSING);
    if (found.state === 'ACCEPTED' || found.acceptRequestedAt !== null) return asRequested(found);
    const reason = objection(found);
    if (reason) throw new Refused('conflict', reason);
    if (await trx.liveCancellation(bookingId))
      throw new Refused('conflict', 'This booking is being cancelled, so its flights can not be accepted.');
    await trx.requestAcceptance(changeId);
    await trx.audit({
      userId,
      tripId: found.tripId,
      type: 'order.change_accept_requested',
      actor: `user:${userId}`,
      correlationId,
    });
    await trx.enqueue(toOutboxJob('accept-change', { changeId }, { correlationId }));
    return { ...found, acceptRequestedAt: new Date() };
  });
  deps.afterCommit();
  return viewChange(change);
}

const MISSING = 'There is no such change of this booking.';

/** @throws Refused when the request came to nothing */
function asRequested(change: LockedChange): LockedChange {
  const reason = change.state === 'ACCEPTED' || change.state === 'OPEN' ? null : objection(change);
  if (reason) throw new Refused('conflict', reason);
  return change;
}

function objection({ state, actions }: LockedChange): string | null {
  if (state === 'SUPERSEDED')
    return 'The airline has changed the flights again since. Look at the latest change.';
  if (state === 'DECLINED') return 'The booking was cancelled or changed instead.';
  if (!actions.includes('accept'))
    return 'The airline does not let this change be accepted online. A person arranges it with the airline and writes to you.';
  return null;
}
