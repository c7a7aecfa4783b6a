import { sql } from 'kysely';
import { updateFenced } from '../../db/attempts.ts';
import { audit } from '../../db/audits.ts';
import type { Trx } from '../../db/client.ts';
import { moveTrip } from '../../db/trips.ts';
import type { Attempt, OrderFacts, Unwind } from '../../domain/attempt.ts';
import type { Ending } from '../../domain/attempt-change.ts';
import { moneyText } from '../../domain/money.ts';
import type { NotificationKind } from '../../domain/notification.ts';
import type { Offer } from '../../domain/offer.ts';
import { freshnessWindow } from '../../domain/search.ts';
import { enqueue } from '../../queues/outbox.ts';
import type { Cadence } from '../deps.ts';
import { notifyLater } from '../notify-later.ts';
import { auditEntries } from './audit-entries.ts';

interface Context {
  readonly flags: Record<string, boolean>;
  readonly cadence: Cadence;
}

/** First wait before a trip whose offer slipped away is searched again; it doubles with every attempt. */
const SEARCH_AGAIN_MS = 5_000;

/** Writes the end of an attempt: what it means for trip, booking, timeline and mail, in one transaction. */
export async function finishAttempt(
  trx: Trx,
  attempt: Attempt,
  ending: Ending,
  context: Context,
): Promise<void> {
  if (ending.kind === 'booked') return finishBooked(trx, attempt, context);
  if (ending.kind === 'human') return finishForHuman(trx, attempt, ending, context);
  await finishUndone(trx, attempt, ending, context);
}

async function finishBooked(trx: Trx, attempt: Attempt, { flags }: Context): Promise<void> {
  const order = attempt.order as OrderFacts;
  const offer = attempt.offer as Offer;
  const { tripId, userId, correlationId } = attempt;
  await updateFenced(trx, attempt, {
    status: 'SUCCESS',
    step: 'done',
    leaseUntil: null,
    finishedAt: sql`now()`,
  });
  await trx
    .insertInto('flightBookings')
    .values({
      tripId,
      userId,
      attemptId: attempt.id,
      provider: offer.provider,
      orderId: order.orderId,
      paymentIntentId: attempt.paymentIntentId as string,
      bookingReference: order.bookingReference,
      priceMinor: order.total.minor,
      currency: order.total.currency,
      ticketNumbers: [...order.ticketNumbers],
      itinerary: JSON.stringify(offer.slices),
    })
    .execute();
  const price = moneyText(order.total);
  const outcome = { code: 'booked', message: `Booked for ${price}. Reference ${order.bookingReference}.` };
  // A trip cancelled in the very last moment is booked all the same: the order exists and is paid.
  await moveTrip(trx, tripId, ['BOOKING', 'CANCELLED'], 'BOOKED', {
    outcome,
    selectedOfferId: offer.offerId,
  });
  await audit(
    trx,
    ...auditEntries(
      attempt,
      [{ type: 'booking.confirmed', detail: { bookingReference: order.bookingReference, price } }],
      flags,
    ),
  );
  await notifyLater(trx, {
    userId,
    tripId,
    kind: 'booking_confirmed',
    dedupeKey: `booking_confirmed:${tripId}`,
    correlationId,
  });
}

async function finishUndone(
  trx: Trx,
  attempt: Attempt,
  { unwind, events = [] }: Extract<Ending, { kind: 'undone' }>,
  { flags, cadence }: Context,
): Promise<void> {
  const { tripId, userId, correlationId, number } = attempt;
  await updateFenced(trx, attempt, {
    status: 'FAILED',
    step: 'done',
    leaseUntil: null,
    finishedAt: sql`now()`,
    errorCode: unwind.code,
    errorMessage: unwind.message,
  });
  const outcome = { code: unwind.code, message: unwind.message };
  const { watchIntervalMs } = cadence;
  const soon = Math.min(watchIntervalMs, SEARCH_AGAIN_MS * 2 ** Math.min(number, 12));
  const again = unwind.to === 'search' ? soon : watchIntervalMs;
  const nextCheckAt = new Date(Date.now() + again);
  const status = unwind.to === 'failed' ? 'FAILED' : unwind.to === 'cancelled' ? 'CANCELLED' : 'PENDING';
  const moved = await moveTrip(trx, tripId, ['BOOKING'], status, {
    outcome,
    selectedOfferId: null,
    nextCheckAt: status === 'PENDING' ? nextCheckAt : null,
  });
  const detail = { code: unwind.code, message: unwind.message };
  const last = { type: status === 'FAILED' ? 'booking.failed' : 'booking.undone', detail };
  await audit(trx, ...auditEntries(attempt, [...events, last], flags));
  if (moved && unwind.to === 'search') await searchAgain(trx, attempt, nextCheckAt, cadence);
  if (moved && unwind.notify)
    await notifyLater(trx, {
      userId,
      tripId,
      correlationId,
      kind: unwind.notify,
      dedupeKey: dedupeKeyOf(unwind.notify, attempt),
      data: detail,
    });
  if (unwind.alert) await alertOps(trx, attempt, unwind);
}

/** A fare may slip away many times a day; one mail a day says so. Everything else is told once per attempt. */
function dedupeKeyOf(kind: NotificationKind, { id, tripId }: Attempt): string {
  return kind === 'price_change'
    ? `${kind}:${tripId}:${new Date().toISOString().slice(0, 10)}`
    : `${kind}:${id}`;
}

/** A search of the trip's own, so that it need not wait for the next sweep. */
async function searchAgain(trx: Trx, attempt: Attempt, runAt: Date, { freshnessMs }: Cadence): Promise<void> {
  const { tripId, number, correlationId } = attempt;
  const { searchKey } = attempt.trip;
  const window = freshnessWindow(runAt, freshnessMs);
  await enqueue(trx, 'search', { searchKey, window, tripId, nth: number }, { correlationId, runAt });
}

async function finishForHuman(
  trx: Trx,
  attempt: Attempt,
  { code, message }: Extract<Ending, { kind: 'human' }>,
  { flags }: Context,
): Promise<void> {
  await updateFenced(trx, attempt, {
    status: 'NEEDS_HUMAN',
    leaseUntil: null,
    errorCode: code,
    errorMessage: message,
  });
  const outcome = {
    code: 'needs_human',
    message: 'Something went wrong with this booking and a person is looking into it.',
  };
  await moveTrip(trx, attempt.tripId, ['BOOKING', 'CANCELLED'], 'BOOKING', { outcome });
  await audit(
    trx,
    ...auditEntries(attempt, [{ type: 'booking.needs_human', detail: { code, message } }], flags),
  );
  await alertOps(trx, attempt, { code, message });
}

async function alertOps(
  trx: Trx,
  attempt: Attempt,
  { code, message }: Pick<Unwind, 'code' | 'message'>,
): Promise<void> {
  await notifyLater(trx, {
    userId: attempt.userId,
    tripId: attempt.tripId,
    kind: 'ops_alert',
    dedupeKey: `ops_alert:${attempt.id}:${code}`,
    data: { code, message, attemptId: attempt.id },
    correlationId: attempt.correlationId,
  });
}
