import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NewTrip, TripOfTraveler } from '../../src/ports/storage/trips.ts';
import { TRIP_STORAGES, type TripStorage } from '../support/trip-storages.ts';

type Flights = Pick<NewTrip, 'departureDate' | 'returnDate'>;

describe.each(TRIP_STORAGES)('trips of travellers on $name', ({ open }) => {
  let storage: TripStorage;
  const cardId = randomUUID();
  beforeAll(async () => {
    storage = await open();
    for (const userId of ['ada', 'bob'])
      await storage.addUser(userId, {
        travelerId: randomUUID(),
        cardId: userId === 'ada' ? cardId : randomUUID(),
        providerCardId: `pm_${userId}`,
      });
  });
  afterAll(() => storage.close());

  async function insert(travelerIds: readonly string[], days: Flights): Promise<TripOfTraveler> {
    const route = { origin: 'LHR', destination: 'JFK', cabin: 'economy' } as const;
    const id = randomUUID();
    const trip: NewTrip = {
      id,
      userId: 'ada',
      autoBookEnabled: true,
      ...route,
      ...days,
      travelerIds,
      maxPriceMinor: 42_000,
      currency: 'GBP',
      criteria: {},
      paymentMethodId: cardId,
      searchKey: 'key',
      searchParams: { ...route, ...days, passengers: [{ type: 'adult' }] },
      nextCheckAt: null,
      watchUntil: new Date('2099-05-02T04:00:00Z'),
      outcome: { code: 'waiting_for_first_search', message: 'We are looking for the first time.' },
      correlationId: 'contract',
      consent: JSON.stringify({ given: true }),
    };
    await storage.trips.transaction('ada', (trx) => trx.insert(trip));
    return { id, origin: route.origin, destination: route.destination, ...days, travelerIds };
  }

  test('those that are not over are found by their days, oldest first, and by their own user alone', async () => {
    const travelerIds = [randomUUID()];
    const days = { departureDate: '2099-05-01', returnDate: '2099-05-08' };
    const roundTrip = await insert(travelerIds, days);
    const oneWay = await insert(travelerIds, { departureDate: '2099-05-09', returnDate: null });
    await insert([randomUUID()], days);
    for (const status of ['FAILED', 'CANCELLED', 'EXPIRED'] as const)
      await storage.setStatus((await insert(travelerIds, days)).id, status);
    const found = (from: string, to: string, userId = 'ada') =>
      storage.trips.transaction(userId, (trx) => trx.tripsOf(travelerIds, { from, to }));
    for (const status of ['PENDING', 'BOOKING', 'BOOKED'] as const) {
      await storage.setStatus(roundTrip.id, status);
      expect(await found('2099-05-08', '2099-05-08')).toEqual([roundTrip]);
    }
    expect(await found('2099-05-01', '2099-05-09')).toEqual([roundTrip, oneWay]);
    expect(await found('2099-05-10', '2099-05-20')).toEqual([]);
    expect(await found('2099-05-01', '2099-05-09', 'bob')).toEqual([]);
  });
});
