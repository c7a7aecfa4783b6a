import { formatMoney } from '../../domain/money.ts';
import { freshnessWindow, searchKey } from '../../domain/search.ts';
import type { Criteria } from '../../domain/selection.ts';
import { Refused } from '../../errors.ts';
import type { Trip, TripUpdate, TripWrites, UnconfirmedOrder } from '../../ports/storage/trips.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';
import { type CheckedTrip, checkTrip } from './check.ts';
import { refuseWhileStopped, requireTrip, type TripDeps, type TripRequest } from './deps.ts';
import { consentRecord, type TripChange, type TripInput } from './input.ts';
import { type TripView, viewTrip } from './view.ts';

/**
 * Changes a trip that is watched, or has a failed one watched again: with another card, other travellers or dates,
 * a higher cap. It is checked like a new one, and searched at once.
 * @throws Refused `conflict` while it is being booked, and once it is over; `unavailable` when automatic booking is
 * switched on while it is stopped; `invalid`, naming each field; `conflict`, naming another trip of one of the travellers
 */
export async function changeTrip(
  deps: TripDeps,
  request: TripRequest,
  change: TripChange,
): Promise<TripView> {
  const { id, userId, correlationId } = request;
  const changed = await deps.trips.transaction(userId, async (trx) => {
    const trip = requireTrip(await trx.lock(id));
    await refuseUnlessChangeable(trx, trip);
    const input = applyChange(trip, change);
    if (input.autoBook && !trip.autoBookEnabled) await refuseWhileStopped(deps.flags, userId);
    const now = deps.clock.now();
    const checked = await checkTrip(trx, deps, request, input, now);
    const updated = await trx.update(id, tripUpdate(trip, input, checked, now));
    await trx.audit({
      userId,
      tripId: id,
      type: trip.autoBookStatus === 'FAILED' ? 'trip.resumed' : 'trip.changed',
      detail: { changed: Object.keys(change) },
      actor: `user:${userId}`,
      correlationId,
    });
    await trx.enqueue(ownSearch(deps, updated, now, correlationId));
    return updated;
  });
  deps.afterCommit();
  return viewTrip(changed);
}

/**
 * How long an order of unknown outcome may still turn up after its attempt ended, in ms. One that was waited for for days is
 * hardly still to come; one that the traveller did not wait for comes as late as Duffel repeats its webhooks.
 */
const ORDER_MAY_COME_MS: Record<UnconfirmedOrder, number> = {
  order_unconfirmed: 24 * 3_600_000,
  order_released: 72 * 3_600_000,
};

async function refuseUnlessChangeable(trx: TripWrites, { id, autoBookStatus }: Trip): Promise<void> {
  if (autoBookStatus === 'PENDING') return;
  if (autoBookStatus !== 'FAILED')
    throw new Refused('conflict', `A trip that is ${autoBookStatus} can no longer be changed.`);
  // While the order of an earlier attempt may still turn up, a second attempt could buy a second ticket.
  for (const code of Object.keys(ORDER_MAY_COME_MS) as UnconfirmedOrder[]) {
    const endedAt = await trx.unconfirmedOrderAt(id, code, ORDER_MAY_COME_MS[code]);
    if (!endedAt) continue;
    const until = new Date(endedAt.getTime() + ORDER_MAY_COME_MS[code]).toISOString();
    throw new Refused(
      'conflict',
      `The airline has not ruled out that it made a ticket for this trip. If it turns up we cancel it; until ${until} the trip can not be brought back, so that you never have two.`,
    );
  }
}

function tripUpdate(trip: Trip, input: TripInput, checked: CheckedTrip, now: Date): TripUpdate {
  const { params, mandate, travelerIds, paymentMethodId, watchUntil } = checked;
  return {
    departureDate: params.departureDate,
    returnDate: params.returnDate,
    watchUntil: params.departureDate === trip.departureDate ? trip.watchUntil : watchUntil,
    isNewSearch: searchKey(params) !== trip.searchKey,
    autoBookEnabled: input.autoBook,
    maxPriceMinor: mandate.minor,
    currency: mandate.currency,
    criteria: input.criteria ?? {},
    paymentMethodId,
    travelerIds,
    searchKey: searchKey(params),
    searchParams: params,
    consent: consentRecord(input, now),
    nextCheckAt: now,
    outcome: { code: 'waiting_for_first_search', message: 'We are looking again with your changes.' },
  };
}

/** A search for this trip alone. Its number distinguishes several changes in one freshness window. */
function ownSearch({ schedule }: TripDeps, trip: Trip, now: Date, correlationId: string) {
  const window = freshnessWindow(now, schedule.freshnessMs);
  const nth = Math.floor(now.getTime() / 1_000) % 1_000_000;
  const payload = { searchKey: trip.searchKey, window, tripId: trip.id, nth };
  return toOutboxJob('search', payload, { correlationId });
}

function applyChange(trip: Trip, change: TripChange): TripInput {
  const given = (trip.consent as { given?: unknown } | null)?.given;
  const changed = {
    origin: trip.origin,
    destination: trip.destination,
    departureDate: change.departureDate ?? trip.departureDate,
    returnDate: change.returnDate === undefined ? trip.returnDate : change.returnDate,
    cabin: trip.cabin,
    travelerIds: change.travelerIds ?? trip.travelerIds,
    maxPrice: change.maxPrice ?? formatMoney({ minor: trip.maxPriceMinor, currency: trip.currency }),
    autoBook: change.autoBook ?? trip.autoBookEnabled,
    paymentMethodId: change.paymentMethodId === undefined ? trip.paymentMethodId : change.paymentMethodId,
    // A higher cap is a new mandate: the consent given before does not cover it.
    consent: change.consent ?? (raisesCap(trip, change) ? undefined : given),
    criteria: patched(trip.criteria, change.criteria),
  };
  return { ...changed, allowDuplicate: change.allowDuplicate ?? isSameTrip(trip, changed) };
}

function patched(criteria: Criteria, patch: TripChange['criteria']): Criteria {
  if (patch === undefined) return criteria;
  const merged = { ...criteria, ...patch };
  return Object.fromEntries(
    Object.entries(merged).filter(([, value]) => patch !== null && value !== null && value !== undefined),
  );
}

/** Whether a watched trip stays what was taken once: then it was compared with the traveller's other trips already. */
function isSameTrip(trip: Trip, changed: Omit<TripInput, 'allowDuplicate'>): boolean {
  const fields = ['origin', 'destination', 'departureDate', 'returnDate'] as const;
  return (
    trip.autoBookStatus === 'PENDING' &&
    fields.every((field) => trip[field] === changed[field]) &&
    changed.travelerIds.every((id) => trip.travelerIds.includes(id))
  );
}

function raisesCap(trip: Trip, { maxPrice }: TripChange): boolean {
  if (!maxPrice) return false;
  const agreed = formatMoney({ minor: trip.maxPriceMinor, currency: trip.currency });
  return maxPrice.currency !== agreed.currency || Number(maxPrice.amount) > Number(agreed.amount);
}
