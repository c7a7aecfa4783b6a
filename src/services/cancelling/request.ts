import { type DecimalMoney, type Money, parseMoney } from '../../domain/money.ts';
import { Refused } from '../../errors.ts';
import type { BookingStore } from '../../ports/storage/bookings.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';
import { type BookingView, viewBooking } from '../bookings/view.ts';

export interface CancellationRequestDeps {
  readonly bookings: Pick<BookingStore, 'transaction'>;
  /** Called after each commit that may have left jobs in the outbox. */
  readonly afterCommit: () => void;
}

/** A traveller's request. */
export interface CancellationRequest {
  readonly userId: string;
  /** Of the booking. */
  readonly id: string;
  readonly correlationId: string;
  /** The least that the traveller wants back: with less, nothing is cancelled. Null: whatever the fare gives. */
  readonly acceptRefund?: DecimalMoney | null;
}

/**
 * Requests that a booking be cancelled. A worker cancels it as the fare's rules allow, and a mail says what came of it.
 * @throws Refused `missing`; `conflict` when it is cancelled already, or with an `acceptRefund` while it is being cancelled;
 * `invalid` when `acceptRefund` is no amount of the booking's price
 */
export async function requestCancellation(
  deps: CancellationRequestDeps,
  { userId, id, correlationId, acceptRefund = null }: CancellationRequest,
): Promise<BookingView> {
  const booking = await deps.bookings.transaction(userId, async (trx) => {
    const booking = await trx.requestCancellation(id);
    if (!booking) throw new Refused('missing', 'There is no such booking.');
    if (booking.status !== 'CONFIRMED') throw new Refused('conflict', 'This booking is already cancelled.');
    const accepted = acceptRefund && readAccepted(acceptRefund, booking.price);
    const live = await trx.liveCancellation(id);
    if (live === 'NEEDS_HUMAN')
      throw new Refused(
        'conflict',
        'A person is looking into the cancellation of this booking. They will write to you.',
      );
    // The one under way may be past the point where it could still be held to an amount.
    if (live && accepted !== null)
      throw new Refused(
        'conflict',
        'This booking is being cancelled already. Ask for how it stands instead.',
      );
    // Before the audit log: a worker that cancels locks the cancellation first too.
    const number = await trx.insertCancellation(id, correlationId, accepted);
    await trx.audit({
      userId,
      tripId: booking.tripId,
      type: 'booking.cancel_requested',
      ...(acceptRefund && { detail: { atLeast: `${acceptRefund.amount} ${acceptRefund.currency}` } }),
      actor: `user:${userId}`,
      correlationId,
    });
    // A job's id is used once: a request after a refusal needs one of its own.
    const again = number && number > 1 ? { nudge: `r${number}` } : {};
    await trx.enqueue(toOutboxJob('cancel-booking', { bookingId: id, ...again }, { correlationId }));
    // Read again: with the cancellation that was just requested.
    return (await trx.find(id)) ?? booking;
  });
  deps.afterCommit();
  return viewBooking(booking);
}

/** @returns the amount in minor units */
function readAccepted(accepted: DecimalMoney, price: Money): number {
  const money = parseMoney(accepted);
  if (money && money.currency === price.currency && money.minor <= price.minor) return money.minor;
  const message = `must be an amount in ${price.currency}, at most the booking's price`;
  throw new Refused('invalid', 'Some fields are not valid.', [
    { field: 'acceptRefund', code: 'invalid_value', message },
  ]);
}
