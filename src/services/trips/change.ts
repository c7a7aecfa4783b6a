import { sql } from 'kysely';
import { stepOf } from '../../db/attempts.ts';
import { audit } from '../../db/audits.ts';
import { asUser, type Trx, unlessLive } from '../../db/client.ts';
import { lockTrip, moveTrip, TRIP_COLUMNS, type TripRow } from '../../db/trips.ts';
import { formatMoney } from '../../domain/money.ts';
import { itineraryKey } from '../../domain/offer.ts';
import { freshnessWindow, searchKey } from '../../domain/search.ts';
import { tooLateToCancel } from '../../domain/turn-round.ts';
import { Refused } from '../../errors.ts';
import { enqueue } from '../../queues/outbox.ts';
import { beginBooking } from '../booking/begin.ts';
import { checkTrip } from './check.ts';
import { refuseWhileStopped, type TripDeps } from './create.ts';
import type { TripChange, TripInput } from './input.ts';
import { type TripView, viewTrip } from './view.ts';

interface TripRequest {
  readonly id: string;
  readonly userId: string;
  readonly correlationId: string;
}

/**
 * Changes a trip that is watched, or brings a failed one back to being watched: with another card, a mended traveller,
 * a higher cap. It is searched at once.
 * @throws Refused `conflict` while it is being booked, or once it is over
 */
export async function changeTrip(
  deps: TripDeps,
  request: TripRequest,
  change: TripChange,
): Promise<TripView> {
  const { id, userId, correlationId } = request;
  const trip = await asUser(deps.db, userId, async (trx) => {
    const row = await lockOwn(trx, id);
    if (row.autoBookStatus !== 'PENDING' && row.autoBookStatus !== 'FAILED')
      throw new Refused('conflict', `A trip that is ${row.autoBookStatus} can no longer be changed.`);
    if (row.autoBookStatus === 'FAILED') await refuseWhileOrderMayCome(trx, id);
    const input = merged(row, change);
    if (input.autoBook && !row.autoBookEnabled) await refuseWhileStopped(deps.flags, userId);
    const now = new Date();
    const checked = await checkTrip(trx, deps.vault, userId, input, now);
    const key = searchKey(checked.params);
    const consent = input.autoBook
      ? JSON.stringify({ given: input.consent, maxPrice: input.maxPrice, receivedAt: now.toISOString() })
      : null;
    const updated = await trx
      .updateTable('tripRequests')
      .set({
        autoBookStatus: 'PENDING',
        autoBookEnabled: input.autoBook,
        maxPriceMinor: checked.mandate.minor,
        currency: checked.mandate.currency,
        criteria: input.criteria ?? {},
        paymentMethodId: checked.paymentMethodId,
        travelerIds: checked.travelerIds,
        searchKey: key,
        searchParams: checked.params,
        consent,
        nextCheckAt: now,
        outcome: { code: 'waiting_for_first_search', message: 'We are looking again with your changes.' },
        updatedAt: sql`now()`,
      })
      .where('id', '=', id)
      .returning(TRIP_COLUMNS)
      .executeTakeFirstOrThrow();
    const type = row.autoBookStatus === 'FAILED' ? 'trip.resumed' : 'trip.changed';
    await audit(trx, {
      userId,
      tripId: id,
      type,
      detail: { changed: Object.keys(change) },
      actor: `user:${userId}`,
      correlationId,
    });
    await searchNow(trx, deps, updated, correlationId);
    return viewTrip(updated);
  });
  deps.afterCommit();
  return trip;
}

/** How long an order of unknown outcome may still turn up: Duffel speaks of hours, and repeats its webhooks for days. */
const MAY_STILL_COME_HOURS = 24;

/** Two tickets for one trip would be worse than none: while the first may still come, a second is not begun. */
async function refuseWhileOrderMayCome(trx: Trx, tripId: string): Promise<void> {
  const attempt = await trx
    .selectFrom('bookingAttempts')
    .select('finishedAt')
    .where('tripId', '=', tripId)
    .where('errorCode', '=', 'order_unconfirmed')
    .where('orderId', 'is', null)
    .where('finishedAt', '>', sql<Date>`now() - ${MAY_STILL_COME_HOURS} * interval '1 hour'`)
    .executeTakeFirst();
  if (!attempt?.finishedAt) return;
  const until = new Date(attempt.finishedAt.getTime() + MAY_STILL_COME_HOURS * 3_600_000).toISOString();
  throw new Refused(
    'conflict',
    `The airline has not ruled out that it made a ticket for this trip. If it turns up we cancel it; until ${until} the trip can not be brought back, so that you never have two.`,
  );
}

/** A search of its own for one trip; a change can come several times in one freshness window. */
async function searchNow(
  trx: Trx,
  { cadence }: TripDeps,
  trip: TripRow,
  correlationId: string,
): Promise<void> {
  const window = freshnessWindow(new Date(), cadence.freshnessMs);
  const nth = Math.floor(Date.now() / 1_000) % 1_000_000;
  await enqueue(
    trx,
    'search',
    { searchKey: trip.searchKey, window, tripId: trip.id, nth },
    { correlationId },
  );
}

function merged(row: TripRow, change: TripChange): TripInput {
  const given = (row.consent as { given?: unknown } | null)?.given;
  return {
    origin: row.origin,
    destination: row.destination,
    departureDate: row.departureDate,
    returnDate: row.returnDate,
    cabin: row.cabin,
    travelerIds: change.travelerIds ?? row.travelerIds,
    maxPrice: change.maxPrice ?? formatMoney({ minor: row.maxPriceMinor, currency: row.currency }),
    autoBook: change.autoBook ?? row.autoBookEnabled,
    paymentMethodId: change.paymentMethodId === undefined ? row.paymentMethodId : change.paymentMethodId,
    // A higher cap is a new mandate: what was agreed before does not cover it.
    consent: change.consent ?? (raisesCap(row, change) ? undefined : given),
    criteria: change.criteria ?? row.criteria,
  };
}

function raisesCap(row: TripRow, { maxPrice }: TripChange): boolean {
  if (!maxPrice) return false;
  const agreed = formatMoney({ minor: row.maxPriceMinor, currency: row.currency });
  return maxPrice.currency !== agreed.currency || Number(maxPrice.amount) > Number(agreed.amount);
}

/**
 * Cancels a trip. Before the order call the attempt is turned round and its hold released; once an order may be in
 * flight it is too late to promise that.
 * @throws Refused `conflict` with what will happen instead
 */
export async function cancelTrip(
  deps: TripDeps,
  { id, userId, correlationId }: TripRequest,
): Promise<TripView> {
  const trip = await asUser(deps.db, userId, async (trx) => {
    const row = await lockOwn(trx, id);
    if (row.autoBookStatus === 'CANCELLED') return viewTrip(row);
    if (row.autoBookStatus === 'BOOKED')
      throw new Refused(
        'conflict',
        'This trip is booked. Cancel the booking instead; its fare decides what is refunded.',
      );
    if (row.autoBookStatus === 'EXPIRED')
      throw new Refused('conflict', 'This trip has expired; there is nothing to cancel.');
    const attemptId = row.autoBookStatus === 'BOOKING' ? await turnRound(trx, row, correlationId) : null;
    const outcome = { code: 'cancelled', message: 'You cancelled this trip. Nothing was charged.' };
    await moveTrip(trx, id, [row.autoBookStatus], 'CANCELLED', { outcome, nextCheckAt: null });
    await audit(trx, {
      userId,
      tripId: id,
      attemptId,
      type: 'trip.cancelled',
      actor: `user:${userId}`,
      correlationId,
    });
    return viewTrip(await lockOwn(trx, id));
  });
  deps.afterCommit();
  return trip;
}

/** Raises the epoch, so that the worker at it is fenced before its next step, and sends the attempt to its undoing. */
async function turnRound(trx: Trx, trip: TripRow, correlationId: string): Promise<string | null> {
  const attempt = await trx
    .selectFrom('bookingAttempts')
    .selectAll()
    .where('tripId', '=', trip.id)
    .where('status', 'in', ['PENDING', 'NEEDS_HUMAN'])
    .forUpdate()
    .executeTakeFirst();
  if (!attempt) return null;
  const order = await stepOf(trx, attempt.id, 'order');
  const tooLate = tooLateToCancel({ ...attempt, orderOutcome: order?.outcome });
  if (tooLate) throw new Refused('conflict', tooLate);
  const { epoch } = await trx
    .updateTable('bookingAttempts')
    .set({
      epoch: sql`epoch + 1`,
      step: 'void',
      unwind: { code: 'cancelled', message: 'You cancelled the trip.', to: 'cancelled' },
      leaseUntil: null,
      updatedAt: sql`now()`,
    })
    .where('id', '=', attempt.id)
    .returning('epoch')
    .executeTakeFirstOrThrow();
  const payload = { attemptId: attempt.id, tripId: trip.id, number: attempt.number, nudge: `cancel${epoch}` };
  await enqueue(trx, 'book', payload, { correlationId });
  return attempt.id;
}

/** Books an offer the traveller picked: the same saga, held to the same flights and the same cap. */
export async function bookByHand(deps: TripDeps, request: TripRequest, offerId: string): Promise<TripView> {
  const { id, userId, correlationId } = request;
  await refuseWhileStopped(deps.flags, userId);
  const flags = await deps.flags.snapshot(userId);
  const own: Parameters<typeof unlessLive>[0] = (work) => asUser(deps.db, userId, work);
  const trip = await unlessLive(own, async (trx) => {
    const row = await lockOwn(trx, id);
    if (!row.paymentMethodId)
      throw new Refused('invalid', 'The trip has no card to pay with.', [
        { field: 'paymentMethodId', message: 'must be set on the trip first' },
      ]);
    const offer = await trx
      .selectFrom('flightOffers')
      .select('summary')
      .where('offerId', '=', offerId)
      .executeTakeFirst();
    if (!offer) throw new Refused('missing', 'There is no such offer for this trip.');
    const started = await beginBooking(trx, {
      tripId: id,
      userId,
      correlationId,
      now: new Date(),
      wantedItinerary: itineraryKey(offer.summary),
      selectedOfferId: offerId,
      actor: `user:${userId}`,
      flags,
      detail: { by: 'hand', offerId },
    });
    if (!started) throw new Refused('conflict', `A trip that is ${row.autoBookStatus} can not be booked.`);
    return viewTrip(await lockOwn(trx, id));
  });
  if (!trip)
    throw new Refused(
      'conflict',
      'An earlier booking of this trip is still being undone. Try again in a minute.',
    );
  deps.afterCommit();
  return trip;
}

async function lockOwn(trx: Trx, id: string): Promise<TripRow> {
  const row = await lockTrip(trx, id);
  if (!row) throw new Refused('missing', 'There is no such trip.');
  return row;
}
