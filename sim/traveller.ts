import { searchKey } from '../src/domain/search.ts';
import type { Passenger } from '../src/providers/duffel/index.ts';
import type { Tables } from './memory/tables.ts';
import type { ScenarioTrip } from './scenario.ts';
import { CADENCE } from './simulated.ts';
import { DEPARTURE } from './vendors/vendors.ts';

/** The passengers' own words: they may turn up nowhere but in the order. */
export const PASSENGER: Passenger = {
  title: 'ms',
  givenName: 'Zephyrine',
  familyName: 'Quillfeather',
  bornOn: '1990-12-10',
  gender: 'f',
  email: 'zephyrine@traveller.example',
  phone: '+442079460018',
};
export const SECRETS = [PASSENGER.givenName, PASSENGER.familyName, PASSENGER.email, PASSENGER.phone];

export const tripId = (index: number): string => `00000000-0000-4000-8000-00000000000${index}`;

const SEARCH_PARAMS = {
  origin: 'LHR',
  destination: 'JFK',
  departureDate: DEPARTURE,
  returnDate: null,
  cabin: 'economy',
  passengers: [{ type: 'adult' }],
} as const;

/** A traveller posts a trip, as services/trips/create.ts does it. @param startedAt when the scenario began */
export function postTrip(tables: Tables, index: number, trip: ScenarioTrip, startedAt: number): void {
  const id = tripId(index);
  const userId = `user-${index}`;
  const key = searchKey(SEARCH_PARAMS);
  tables.trips.set(id, {
    id,
    userId,
    status: 'PENDING',
    outcome: { code: 'waiting_for_first_search', message: '' },
    searchKey: key,
    searchParams: SEARCH_PARAMS,
    criteria: {},
    mandate: { minor: trip.capMinor, currency: 'GBP' },
    autoBook: true,
    selectedOfferId: null,
    nextCheckAt: tables.now(),
    watchUntil: startedAt + trip.expiresAt,
    customerId: `cus_${index}`,
    paymentMethodId: 'pm_card_visa',
    correlationId: `simulated-${index}`,
  });
  tables.audit({ tripId: id, attemptId: null, type: 'trip.created', actor: `user:${userId}` });
  const window = Math.floor(tables.now() / CADENCE.freshnessMs);
  tables.enqueue('search', { searchKey: key, window, tripId: id });
  tables.afterCommit();
}
