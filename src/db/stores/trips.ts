import type { Kysely } from 'kysely';
import type { TripStore, TripTransaction } from '../../ports/storage/trips.ts';
import { audit } from '../audits.ts';
import { sayingWhatExists } from '../client/already-exists.ts';
import { repeatingDeadlocks } from '../client/deadlock.ts';
import { asUser, type DB, type Trx } from '../client/index.ts';
import { compensateAttempt, lockLiveAttempt, unconfirmedOrderAt } from '../live-attempts.ts';
import { insertJobs } from '../outbox.ts';
import { keepPaymentMethod } from '../payment-methods.ts';
import { findOffer } from '../searches.ts';
import { startAttempt } from '../start-attempt.ts';
import { keepTravelers, lockTravelers } from '../travelers.ts';
import { findTrip, insertTrip, lockTrip, moveTrip, tripsOf, updateTrip } from '../trips.ts';
import { requestRelease, wakeForTraveller } from '../wake-attempt.ts';

/** Trips in Postgres. */
export function createTripStore({ db }: { db: Kysely<DB> }): TripStore {
  return {
    transaction: (userId, work) =>
      sayingWhatExists(repeatingDeadlocks(() => asUser(db, userId, (trx) => work(verbs(trx))))),
  };
}

const verbs = (trx: Trx): TripTransaction => ({
  find: (id) => findTrip(trx, id),
  findOffer: (offerId) => findOffer(trx, offerId),
  travelers: (ids) => keepTravelers(trx, { ids }),
  findPaymentMethod: (named) => keepPaymentMethod(trx, named),
  async tripsOf(travelerIds, days) {
    // Sent together, and run one after the other: the second sees what the wait for the first let commit.
    const [, trips] = await Promise.all([
      lockTravelers(trx, { ids: travelerIds }),
      tripsOf(trx, { travelerIds, ...days }),
    ]);
    return [...trips];
  },
  lock: (id) => lockTrip(trx, id),
  insert: (trip) => insertTrip(trx, trip),
  update: (id, update) => updateTrip(trx, id, update),
  move: (id, { from, to, ...set }) => moveTrip(trx, id, from, to, set),
  unconfirmedOrderAt: (tripId, code, withinMs) => unconfirmedOrderAt(trx, tripId, code, withinMs),
  lockLiveAttempt: (tripId) => lockLiveAttempt(trx, tripId),
  compensateAttempt: (attemptId, compensation) => compensateAttempt(trx, attemptId, compensation),
  requestRelease: (attemptId) => requestRelease(trx, attemptId),
  wake: (attemptId) => wakeForTraveller(trx, attemptId),
  startAttempt: (start) => startAttempt(trx, start),
  audit: (...entries) => audit(trx, ...entries),
  enqueue: (...jobs) => insertJobs(trx, jobs),
});
