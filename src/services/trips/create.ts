import { audit } from '../../db/audits.ts';
import { asUser, isUniqueViolation } from '../../db/client.ts';
import { findTrip, insertTrip } from '../../db/trips.ts';
import { moneyText } from '../../domain/money.ts';
import { freshnessWindow, searchKey } from '../../domain/search.ts';
import { Refused } from '../../errors.ts';
import type { Flags } from '../../flags/flags.ts';
import { enqueue } from '../../queues/outbox.ts';
import type { Cadence, Storage } from '../deps.ts';
import type { Vault } from '../vault.ts';
import { checkTrip } from './check.ts';
import type { TripInput } from './input.ts';
import { type TripView, viewTrip } from './view.ts';

export interface TripDeps extends Storage {
  readonly vault: Vault;
  readonly flags: Flags;
  readonly cadence: Cadence;
}

/**
 * Takes a trip request and asks for its first search, in one transaction: with Redis down the trip is taken all the
 * same, and searched once Redis is back.
 * @param request.id of the trip to be; the same id again is the same request again
 * @throws Refused `unavailable` when it should be bought on its own and that is switched off; `invalid` naming fields
 */
export async function createTrip(
  deps: TripDeps,
  request: { id: string; userId: string; input: TripInput; correlationId: string },
): Promise<TripView> {
  const { id, userId, input, correlationId } = request;
  if (input.autoBook) await refuseWhileStopped(deps.flags, userId);
  const now = new Date();
  const flags = await deps.flags.snapshot(userId);
  try {
    const trip = await asUser(deps.db, userId, async (trx) => {
      const { params, mandate, travelerIds, paymentMethodId, watchUntil } = await checkTrip(
        trx,
        deps.vault,
        userId,
        input,
        now,
      );
      const key = searchKey(params);
      const { passengers: _, returnDate, ...route } = params;
      // Sent in this order and in one breath: should the first be refused, the others are too.
      const making = insertTrip(trx, {
        id,
        userId,
        ...route,
        returnDate,
        travelerIds,
        paymentMethodId,
        watchUntil,
        autoBookEnabled: input.autoBook,
        maxPriceMinor: mandate.minor,
        currency: mandate.currency,
        criteria: input.criteria ?? {},
        consent: consentRecord(input, now),
        searchKey: key,
        searchParams: params,
        nextCheckAt: now,
        outcome: { code: 'waiting_for_first_search', message: 'We are looking for the first time.' },
        correlationId,
      });
      const evidence = audit(trx, {
        userId,
        tripId: id,
        type: 'trip.created',
        detail: {
          route: `${params.origin}-${params.destination}`,
          maxPrice: moneyText(mandate),
          autoBook: input.autoBook,
        },
        actor: `user:${userId}`,
        correlationId,
        flags,
      });
      const window = freshnessWindow(now, deps.cadence.freshnessMs);
      const asked = enqueue(trx, 'search', { searchKey: key, window, tripId: id }, { correlationId });
      const [row] = await Promise.all([making, evidence, asked]);
      return viewTrip(row);
    });
    deps.afterCommit();
    return trip;
  } catch (error) {
    if (!isUniqueViolation(error, 'trip_requests_pkey')) throw error;
    return asUser(deps.db, userId, async (trx) => {
      const row = await findTrip(trx, id);
      if (!row) throw error;
      return viewTrip(row);
    });
  }
}

export async function refuseWhileStopped(flags: Flags, userId: string): Promise<void> {
  const stop = await flags.bookingStop(userId);
  if (stop)
    throw new Refused(
      'unavailable',
      `${stop.message} Post the trip with autoBook off to have it watched, or try again later.`,
    );
}

/** What was agreed, as evidence: the app's own record, the cap it covered, and when we received it. */
function consentRecord({ autoBook, consent, maxPrice }: TripInput, now: Date): string | null {
  if (!autoBook) return null;
  return JSON.stringify({ given: consent, maxPrice, receivedAt: now.toISOString() });
}
