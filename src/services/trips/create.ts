import { moneyText } from '../../domain/money.ts';
import { freshnessWindow, searchKey } from '../../domain/search.ts';
import { AlreadyExists, Refused } from '../../errors.ts';
import type { AuditEntry } from '../../ports/storage/audit.ts';
import type { NewTrip } from '../../ports/storage/trips.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';
import { type CheckedTrip, checkTrip } from './check.ts';
import { refuseWhileStopped, type TripDeps, type TripRequest } from './deps.ts';
import { consentRecord, type TripInput } from './input.ts';
import { type TripView, viewTrip } from './view.ts';

/** The request of a new trip. The same id again is the same request again. */
export interface CreateRequest extends TripRequest {
  readonly input: TripInput;
}

/**
 * Stores a trip and enqueues its first search in one transaction. While Redis is down the trip is stored all the same,
 * and its search runs once Redis is back.
 * @throws Refused `unavailable` when automatic booking is asked for and stopped; `invalid`, naming each field; `conflict`,
 * naming another trip of one of the travellers
 */
export async function createTrip(deps: TripDeps, request: CreateRequest): Promise<TripView> {
  const { id, userId, input, correlationId } = request;
  if (input.autoBook) await refuseWhileStopped(deps.flags, userId);
  const now = deps.clock.now();
  const flags = await deps.flags.snapshot(userId);
  try {
    const trip = await deps.trips.transaction(userId, async (trx) => {
      const checked = await checkTrip(trx, deps, request, input, now);
      const trip = newTrip(request, checked, now);
      const window = freshnessWindow(now, deps.schedule.freshnessMs);
      const firstSearch = { searchKey: trip.searchKey, window, tripId: id };
      // The statements are pipelined in this order: when the first is refused, the others are too.
      const [inserted] = await Promise.all([
        trx.insert(trip),
        trx.audit({ ...tripCreated(request, checked), flags }),
        trx.enqueue(toOutboxJob('search', firstSearch, { correlationId })),
      ]);
      return inserted;
    });
    deps.afterCommit();
    return viewTrip(trip);
  } catch (error) {
    if (!mayBeStored(error)) throw error;
    // An earlier delivery of the same request stored it.
    const stored = await deps.trips.transaction(userId, (trx) => trx.find(id));
    if (!stored) throw error;
    return viewTrip(stored);
  }
}

/** Whether an earlier delivery of the same request may be why it was refused. */
const mayBeStored = (error: unknown): boolean =>
  error instanceof AlreadyExists || (error instanceof Refused && error.conflictingTripId !== undefined);

function newTrip(request: CreateRequest, checked: CheckedTrip, now: Date): NewTrip {
  const { id, userId, input, correlationId } = request;
  const { params, mandate, travelerIds, paymentMethodId, watchUntil } = checked;
  return {
    id,
    userId,
    origin: params.origin,
    destination: params.destination,
    departureDate: params.departureDate,
    returnDate: params.returnDate,
    cabin: params.cabin,
    travelerIds,
    paymentMethodId,
    watchUntil,
    autoBookEnabled: input.autoBook,
    maxPriceMinor: mandate.minor,
    currency: mandate.currency,
    criteria: input.criteria ?? {},
    consent: consentRecord(input, now),
    searchKey: searchKey(params),
    searchParams: params,
    nextCheckAt: now,
    outcome: { code: 'waiting_for_first_search', message: 'We are looking for the first time.' },
    correlationId,
  };
}

function tripCreated(request: CreateRequest, { params, mandate }: CheckedTrip): AuditEntry {
  const { id, userId, input, correlationId } = request;
  return {
    userId,
    tripId: id,
    type: 'trip.created',
    detail: {
      route: `${params.origin}-${params.destination}`,
      maxPrice: moneyText(mandate),
      autoBook: input.autoBook,
      ...(input.allowDuplicate && { allowDuplicate: true }),
    },
    actor: `user:${userId}`,
    correlationId,
  };
}
