import { setTimeout as sleep } from 'node:timers/promises';
import type { Base } from '../../src/app/base.ts';
import { createCancellingPorts } from '../../src/app/saga-ports.ts';
import type { CancellingPorts } from '../../src/services/cancelling/ports.ts';
import { runCancellation } from '../../src/services/cancelling/saga.ts';
import type { Harness } from './harness.ts';
import { cancellationOf, penalise } from './ledger.ts';
import { mailTo } from './mail.ts';
import { createMortals, type Death, mortal, never } from './mortal.ts';
import { until } from './until.ts';

/** More runs than any cancellation here needs. */
const MOST_WORKERS = 90;

/** A booking whose cancellation was requested. */
export interface RequestedCancellation {
  readonly bookingId: string;
  readonly tripId: string;
  readonly orderId: string;
  readonly email: string;
}

/** The cancelling saga on real servers, run by workers of the test's own, each of which may die. */
export function createMortalCancellations(harness: Harness, base: Base) {
  const booking = createMortals(harness, base);
  const newPorts = (): CancellingPorts => createCancellingPorts(base, { refundLookupMs: 400 });
  let users = 0;

  /**
   * A booked trip, and the request to cancel it. The airline keeps 50.00 GBP of 399.00 GBP: a second refund would be possible,
   * and would be seen.
   */
  async function request(): Promise<RequestedCancellation> {
    users += 1;
    const email = `cancels-${users}@traveller.example`;
    const { id, user, tripId } = await booking.newAttempt(undefined, email);
    await booking.runToTheEnd(id, null);
    const trip = await user.read(tripId);
    const { id: bookingId = '', orderId = '' } = trip.booking ?? {};
    penalise(harness.sandbox, orderId);
    const { status } = await user.call('POST', `/api/bookings/${bookingId}/cancel`);
    if (status !== 202) throw new Error(`the request to cancel answered ${status}`);
    return { bookingId, tripId, orderId, email };
  }

  const rowOf = async (bookingId: string): Promise<{ status: string; step: string } | undefined> =>
    (
      await harness.database.query<{ status: string; step: string }>(
        'select status, step from cancellations where booking_id = $1',
        [bookingId],
      )
    )[0];

  /** Runs the cancellation with one worker after another until it is over; a dead one's claim lapses at once. */
  async function runToTheEnd(bookingId: string, death: Death | null): Promise<string[]> {
    const calls: string[] = [];
    let ports = mortal(newPorts(), death, calls);
    for (let workers = 0; workers < MOST_WORKERS; workers += 1) {
      const result = await runCancellation(ports, bookingId, { signal: never, tries: 0 }).catch(
        () => ({ kind: 'died' }) as const,
      );
      if ((await rowOf(bookingId))?.status !== 'PENDING') return calls;
      if (result.kind === 'later') await sleep(60);
      await harness.database.query(
        `update cancellations set lease_until = now() - interval '1 second'
         where booking_id = $1 and lease_until is not null`,
        [bookingId],
      );
      ports = newPorts();
    }
    throw new Error('the cancellation never came to an end');
  }

  /** What is true of a cancellation that is over, once its mail has been sent. */
  async function truthAbout({ bookingId, orderId, email }: RequestedCancellation) {
    const cancelledMail = () =>
      mailTo(harness.sandbox, email).filter(({ subject }) => /cancel/i.test(subject));
    await until('the mail', async () => cancelledMail().length > 0);
    const [row] = await harness.database.query<{ status: string; refunded: number }>(
      'select status, refunded_minor::int as refunded from flight_bookings where id = $1',
      [bookingId],
    );
    return {
      ...cancellationOf(harness.sandbox, orderId),
      booking: row?.status,
      recorded: row?.refunded,
      cancellation: (await rowOf(bookingId))?.status,
      mails: cancelledMail().length,
    };
  }

  return { newPorts, request, runToTheEnd, truthAbout, rowOf };
}
