import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TripStatus } from '../../src/domain/trip.ts';
import { AlreadyExists } from '../../src/errors.ts';
import type { AttemptStart } from '../../src/ports/storage/attempts.ts';
import type { AuditEntry } from '../../src/ports/storage/audit.ts';
import type { NewTrip, Trip, TripTransaction, TripUpdate } from '../../src/ports/storage/trips.ts';
import { toOutboxJob } from '../../src/queues/outbox/jobs.ts';
import { attemptStart } from '../../src/services/booking/start.ts';
import { CHANGED, FOUND_OFFER, TRIP_STORAGES, type TripStorage } from '../support/trip-storages.ts';

describe.each(TRIP_STORAGES)('trips on $name', ({ open }) => {
  let storage: TripStorage;
  const ada = { userId: 'ada', travelerId: randomUUID(), cardId: randomUUID(), providerCardId: 'pm_ada' };
  const bob = { userId: 'bob', travelerId: randomUUID(), cardId: randomUUID(), providerCardId: 'pm_bob' };
  beforeAll(async () => {
    storage = await open();
    for (const { userId, ...ids } of [ada, bob]) await storage.addUser(userId, ids);
  });
  afterAll(() => storage.close());

  const asAda = <T>(work: (trx: TripTransaction) => Promise<T>): Promise<T> =>
    storage.trips.transaction('ada', work);
  const asBob = <T>(work: (trx: TripTransaction) => Promise<T>): Promise<T> =>
    storage.trips.transaction('bob', work);

  const newTrip = (changes: Partial<NewTrip> = {}): NewTrip => ({
    id: randomUUID(),
    userId: 'ada',
    autoBookEnabled: true,
    origin: 'LHR',
    destination: 'JFK',
    departureDate: '2099-05-01',
    returnDate: '2099-05-08',
    cabin: 'economy',
    travelerIds: [ada.travelerId],
    maxPriceMinor: 42_000,
    currency: 'GBP',
    criteria: { maxStops: 0 },
    paymentMethodId: ada.cardId,
    searchKey: 'key-of-ada',
    searchParams: {
      origin: 'LHR',
      destination: 'JFK',
      departureDate: '2099-05-01',
      returnDate: '2099-05-08',
      cabin: 'economy',
      passengers: [{ type: 'adult' }],
    },
    nextCheckAt: new Date('2030-01-01T00:00:00.123Z'),
    watchUntil: new Date('2099-05-02T04:00:00Z'),
    outcome: { code: 'waiting_for_first_search', message: 'We are looking for the first time.' },
    correlationId: 'contract',
    consent: JSON.stringify({ given: true }),
    ...changes,
  });
  const insert = (changes?: Partial<NewTrip>): Promise<Trip> => asAda((trx) => trx.insert(newTrip(changes)));
  const find = (id: string): Promise<Trip | undefined> => asAda((trx) => trx.find(id));
  const ours = { userId: 'ada', actor: 'user:ada' };
  const entry = (tripId: string, type: string): AuditEntry => ({ ...ours, tripId, type });
  const job = (tripId: string) => toOutboxJob('search', { searchKey: 'key-of-ada', window: 1, tripId });
  const start = (tripId: string): AttemptStart =>
    attemptStart({
      tripId,
      userId: 'ada',
      correlationId: 'contract',
      now: new Date(),
      wantedFare: null,
      selectedOfferId: 'off_chosen',
      actor: 'user:ada',
      detail: {},
    });
  const begin = async (): Promise<{ tripId: string; attemptId: string }> => {
    const { id: tripId } = await insert();
    return { tripId, attemptId: (await asAda((trx) => trx.startAttempt(start(tripId)))) as string };
  };

  test('a trip that was inserted is watched, and is found as it was given', async () => {
    const given = newTrip();
    const inserted = await asAda((trx) => trx.insert(given));
    const { searchParams: _, consent, ...columns } = given;
    expect(inserted).toMatchObject({
      ...columns,
      consent: JSON.parse(consent as string),
      autoBookStatus: 'PENDING',
      selectedOfferId: null,
      bestPriceMinor: null,
      lastCheckedAt: null,
    });
    expect(inserted.updatedAt).toEqual(inserted.createdAt);
    expect(await find(given.id)).toEqual(inserted);
    expect(await asAda((trx) => trx.lock(given.id))).toEqual(inserted);
    expect(await find(randomUUID())).toBeUndefined();
  });

  test('to another user the trip does not exist', async () => {
    const trip = await insert();
    expect(await asBob((trx) => trx.find(trip.id))).toBeUndefined();
    expect(await asBob((trx) => trx.lock(trip.id))).toBeUndefined();
    const cancel = { from: ['PENDING'], to: 'CANCELLED', outcome: trip.outcome } as const;
    expect(await asBob((trx) => trx.move(trip.id, cancel))).toBe(false);
    expect(await asBob((trx) => trx.startAttempt(start(trip.id)))).toBeUndefined();
    expect(await find(trip.id)).toEqual(trip);
  });

  test('the same id a second time is refused, with everything that travels along', async () => {
    const trip = await insert();
    const again = asAda((trx) =>
      Promise.all([
        trx.insert(newTrip({ id: trip.id, maxPriceMinor: 1 })),
        trx.audit(entry(trip.id, 'trip.created')),
        trx.enqueue(job(trip.id)),
      ]),
    );
    await expect(again).rejects.toMatchObject({ name: 'AlreadyExists', what: 'trip' });
    expect(await find(trip.id)).toEqual(trip);
    expect(await storage.auditTypes(trip.id)).toEqual([]);
    expect(await storage.jobIds(trip.id)).toEqual([]);
  });

  test('what a transaction throws leaves nothing of it', async () => {
    const { tripId, attemptId } = await begin();
    const [trip, attempt] = [await find(tripId), await storage.attempt(attemptId)];
    const [types, jobs] = [await storage.auditTypes(tripId), await storage.jobIds(tripId)];
    const failed = asAda(async (trx) => {
      await trx.compensateAttempt(attemptId, { code: 'x', message: '', to: 'cancelled' });
      await trx.move(tripId, { from: ['BOOKING'], to: 'CANCELLED', outcome: { code: 'x', message: '' } });
      await trx.audit(entry(tripId, 'trip.cancelled'));
      await trx.enqueue(job(tripId));
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect(await find(tripId)).toEqual(trip);
    expect(await storage.attempt(attemptId)).toEqual(attempt);
    expect(await storage.auditTypes(tripId)).toEqual(types);
    expect(await storage.jobIds(tripId)).toEqual(jobs);
  });

  test('what a transaction writes is there with its audit log and its jobs', async () => {
    const { id } = await insert();
    await asAda(async (trx) => {
      await trx.audit(entry(id, 'trip.created'), entry(id, 'trip.changed'));
      await trx.enqueue(job(id));
    });
    expect(await storage.auditTypes(id)).toEqual(['trip.created', 'trip.changed']);
    expect(await storage.jobIds(id)).toEqual([job(id).jobId]);
  });

  test('an update writes what it names, has the trip watched, and keeps the rest', async () => {
    const trip = await insert();
    await storage.setStatus(trip.id, 'FAILED');
    const days = { departureDate: '2031-02-03', returnDate: '2031-02-09' };
    const update: TripUpdate = {
      ...CHANGED,
      travelerIds: [ada.travelerId, randomUUID()],
      searchKey: 'another-key',
      searchParams: { ...newTrip().searchParams, ...days, passengers: [{ type: 'adult' }, { age: 4 }] },
      ...days,
      watchUntil: new Date('2031-02-03T23:59:59Z'),
      isNewSearch: true,
      consent: null,
      nextCheckAt: new Date('2031-01-01T00:00:00Z'),
      outcome: { code: 'waiting_for_first_search', message: 'again' },
    };
    const updated = await asAda((trx) => trx.update(trip.id, update));
    const { searchParams: _, isNewSearch: __, ...columns } = update;
    const { updatedAt, ...kept } = trip;
    expect(updated).toEqual({
      ...kept,
      ...columns,
      autoBookStatus: 'PENDING',
      updatedAt: updated.updatedAt,
    });
    expect(updated.updatedAt.getTime()).toBeGreaterThanOrEqual(updatedAt.getTime());
    expect(await find(trip.id)).toEqual(updated);
  });

  test('a trip moves along its state machine, and nowhere else', async () => {
    const trip = await insert();
    const outcome = { code: 'cancelled', message: 'You cancelled this trip.' };
    const move = (from: TripStatus[], to: TripStatus, nextCheckAt?: null) =>
      asAda((trx) => trx.move(trip.id, { from, to, outcome, ...(nextCheckAt === null && { nextCheckAt }) }));
    expect(await move(['FAILED', 'BOOKING'], 'CANCELLED')).toBe(false);
    expect(await move(['PENDING'], 'BOOKED')).toBe(false);
    expect(await find(trip.id)).toEqual(trip);
    expect(await move(['PENDING'], 'BOOKING')).toBe(true);
    expect(await find(trip.id)).toMatchObject({
      autoBookStatus: 'BOOKING',
      outcome,
      nextCheckAt: trip.nextCheckAt,
    });
    expect(await move(['BOOKING'], 'CANCELLED', null)).toBe(true);
    expect(await find(trip.id)).toMatchObject({ autoBookStatus: 'CANCELLED', nextCheckAt: null });
    expect(await move(['CANCELLED'], 'PENDING')).toBe(false);
  });

  test('a request is checked against the own travellers and cards alone', async () => {
    const found = await asAda((trx) => trx.travelers([ada.travelerId, bob.travelerId, randomUUID()]));
    expect(found).toMatchObject([
      { id: ada.travelerId, pii: Buffer.from('pii'), dataKey: Buffer.from('key') },
    ]);
    const card = (named: string) => asAda((trx) => trx.findPaymentMethod(named));
    expect(await card(ada.cardId)).toBe(ada.cardId);
    expect(await card('pm_ada')).toBe(ada.cardId);
    for (const named of [bob.cardId, 'pm_bob', randomUUID(), 'pm_nobody'])
      expect(await card(named)).toBeUndefined();
  });

  test('an offer is found by those with a trip that wants its search', async () => {
    await insert({ searchKey: 'found-by-ada' });
    await storage.addSearch('found-by-ada', FOUND_OFFER);
    await storage.addSearch('wanted-by-nobody', { ...FOUND_OFFER, offerId: 'off_of_others' });
    expect(await asAda((trx) => trx.findOffer(FOUND_OFFER.offerId))).toMatchObject({
      offer: FOUND_OFFER,
      tripId: null,
    });
    expect(await asBob((trx) => trx.findOffer(FOUND_OFFER.offerId))).toBeUndefined();
    expect(await asAda((trx) => trx.findOffer('off_of_others'))).toBeUndefined();
  });

  test('an attempt starts once, on a trip that is watched and has no other live attempt', async () => {
    const { tripId, attemptId } = await begin();
    expect(await storage.attempt(attemptId)).toMatchObject({ status: 'PENDING', step: 'reprice', epoch: 0 });
    expect(await find(tripId)).toMatchObject({
      autoBookStatus: 'BOOKING',
      selectedOfferId: 'off_chosen',
      nextCheckAt: null,
      outcome: { code: 'booking' },
    });
    expect(await storage.auditTypes(tripId)).toEqual(['booking.started']);
    expect(await storage.jobIds(tripId)).toEqual([`book-${tripId}-1`]);
    expect(await asAda((trx) => trx.startAttempt(start(tripId)))).toBeUndefined();
    await storage.setStatus(tripId, 'PENDING');
    const second = asAda((trx) => trx.startAttempt(start(tripId)));
    await expect(second).rejects.toThrow(AlreadyExists);
    await expect(second).rejects.toMatchObject({ what: 'live_attempt' });
    expect((await find(tripId))?.autoBookStatus).toBe('PENDING');
    expect(await storage.auditTypes(tripId)).toEqual(['booking.started']);
  });

  test('the live attempt tells what came of its order: never recorded, unknown, or known', async () => {
    const { id } = await insert();
    const live = (tripId: string) => asAda((trx) => trx.lockLiveAttempt(tripId));
    expect(await live(id)).toBeUndefined();
    const { tripId, attemptId } = await begin();
    const attempt = {
      id: attemptId,
      number: 1,
      status: 'PENDING',
      step: 'reprice',
      paymentIntentId: null,
      deadline: expect.any(Date),
    };
    expect(await live(tripId)).toEqual({ ...attempt, orderOutcome: undefined });
    await storage.addOrderIntent(attemptId, null);
    expect(await live(tripId)).toEqual({ ...attempt, orderOutcome: null });
    await storage.addOrderIntent(attemptId, 'created');
    expect(await live(tripId)).toEqual({ ...attempt, orderOutcome: 'created' });
    await storage.endUnconfirmed(attemptId, 0);
    expect(await live(tripId)).toBeUndefined();
  });

  test('compensating raises the epoch and ends the claim, so that the worker at it is fenced', async () => {
    const { attemptId } = await begin();
    await storage.claim(attemptId);
    expect(await storage.attempt(attemptId)).toMatchObject({ epoch: 1, leased: true });
    const compensation = { code: 'cancelled', message: 'You cancelled the trip.', to: 'cancelled' } as const;
    expect(await asAda((trx) => trx.compensateAttempt(attemptId, compensation))).toBe(2);
    expect(await storage.attempt(attemptId)).toEqual({
      status: 'PENDING',
      step: 'void',
      epoch: 2,
      leased: false,
      unwind: compensation,
    });
  });

  test('an order that nobody found may still turn up for a while', async () => {
    const { tripId, attemptId } = await begin();
    const since = (withinMs: number) =>
      asAda((trx) => trx.unconfirmedOrderAt(tripId, 'order_unconfirmed', withinMs));
    expect(await since(60_000)).toBeUndefined();
    await storage.endUnconfirmed(attemptId, 30_000);
    expect(await since(20_000)).toBeUndefined();
    const endedAt = (await since(60_000)) as Date;
    expect(Math.abs(Date.now() - 30_000 - endedAt.getTime())).toBeLessThan(5_000);
  });

  test('of ten transactions on one trip at once each sees what the one before it wrote', async () => {
    const { id } = await insert({ maxPriceMinor: 1 });
    const raise = () =>
      asAda(async (trx) => {
        const trip = (await trx.lock(id)) as Trip;
        await trx.update(id, { ...newTrip(), isNewSearch: false, maxPriceMinor: trip.maxPriceMinor + 1 });
      });
    await Promise.all(Array.from({ length: 10 }, raise));
    expect((await find(id))?.maxPriceMinor).toBe(11);
  });
});
