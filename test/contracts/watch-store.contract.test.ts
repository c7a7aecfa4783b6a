import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TripCheck } from '../../src/ports/storage/watch.ts';
import { attemptStart } from '../../src/services/booking/start.ts';
import { notificationRequest } from '../../src/services/notifications/request.ts';
import { type ContractStorage, STORAGES, WAITING } from '../support/storages.ts';

const MINUTE = 60_000;
const NO_OFFERS = { code: 'no_offers', message: 'No airline offers this route.' };
const FAILED = { code: 'search_failed', message: 'The airlines could not be asked.' };

describe.each(STORAGES)('watched trips on $name', ({ open }) => {
  let storage: ContractStorage;
  beforeAll(async () => {
    storage = await open();
  });
  afterAll(() => storage.close());

  /** A search of this test's own. */
  const newKey = () => `key-${randomUUID()}`;
  const later = (ms: number) => new Date(storage.now().getTime() + ms);
  const check = (
    { id, userId }: { id: string; userId: string },
    set: Partial<TripCheck> = {},
  ): TripCheck => ({
    tripId: id,
    outcome: NO_OFFERS,
    bestPrice: null,
    audit: { userId, tripId: id, type: 'search.completed', actor: 'worker', correlationId: 'contract' },
    notifications: [],
    notifiedFare: null,
    ...set,
  });
  const startOf = ({ id, userId }: { id: string; userId: string }) =>
    attemptStart({
      tripId: id,
      userId,
      correlationId: 'contract',
      now: storage.now(),
      wantedFare: null,
      selectedOfferId: 'off_1',
      actor: 'worker',
      detail: {},
    });
  const jobsOf = async (wanted: (payload: Record<string, unknown>) => boolean) =>
    (await storage.jobs()).filter(({ payload }) => wanted(payload));
  const waitingIds = async (key: string, afterId: string | null = null, limit = 100) =>
    (await storage.watch.tripsAwaiting(key, { limit, afterId })).map(({ id }) => id);

  describe('trips that await an answer', () => {
    test('are watched, due, before their departure, and of this search', async () => {
      const key = newKey();
      const due = await storage.addTrip({ searchKey: key });
      await storage.addTrip({ searchKey: key, dueInMs: MINUTE });
      await storage.addTrip({ searchKey: key, status: 'BOOKING' });
      await storage.addTrip({ searchKey: key, departsInMs: -1 });
      await storage.addTrip({ searchKey: newKey() });
      expect(await storage.watch.tripsAwaiting(key, { limit: 10, afterId: null })).toEqual([
        {
          id: due.id,
          userId: due.userId,
          autoBookEnabled: true,
          mandate: { minor: 42_000, currency: 'GBP' },
          criteria: {},
          outcome: WAITING,
          notifiedFare: null,
          correlationId: 'contract',
        },
      ]);
    });

    test('come in pages by id', async () => {
      const key = newKey();
      const all: string[] = [];
      for (let made = 0; made < 5; made += 1) all.push((await storage.addTrip({ searchKey: key })).id);
      all.sort();
      expect(await waitingIds(key, null, 2)).toEqual(all.slice(0, 2));
      expect(await waitingIds(key, all[1], 2)).toEqual(all.slice(2, 4));
      expect(await waitingIds(key, all[4], 2)).toEqual([]);
    });

    test('read that the search failed, and wait until the next check only if one is given', async () => {
      const key = newKey();
      const [due, notDue] = [
        await storage.addTrip({ searchKey: key }),
        await storage.addTrip({ searchKey: key, dueInMs: MINUTE }),
      ];
      const { id } = (await storage.watch.claimSearch(key, 1)) as { id: string };
      const fail = (nextCheckAt: Date | undefined) =>
        storage.watch.recordFailure({ id, searchKey: key }, { code: 'x', outcome: FAILED, nextCheckAt });
      await fail(undefined);
      expect((await storage.trip(due.id)).outcome).toEqual(FAILED);
      expect(await waitingIds(key)).toEqual([due.id]);
      await fail(later(MINUTE));
      expect(await waitingIds(key)).toEqual([]);
      expect((await storage.trip(notDue.id)).outcome).toEqual(WAITING);
      expect(await storage.auditLog(due.id)).toEqual([]);
    });
  });

  describe('a check', () => {
    test('leaves outcome, next check and its entry; the trip is not due until then', async () => {
      const key = newKey();
      const trip = await storage.addTrip({ searchKey: key });
      const next = later(5 * MINUTE);
      await storage.watch.recordChecks([check(trip)], next);
      expect(await storage.trip(trip.id)).toEqual({
        status: 'PENDING',
        outcome: NO_OFFERS,
        nextCheckAt: next,
      });
      expect(await storage.auditLog(trip.id)).toEqual([{ type: 'search.completed', actor: 'worker' }]);
      expect(await waitingIds(key)).toEqual([]);
      await storage.timePasses(5 * MINUTE);
      expect(await waitingIds(key)).toEqual([trip.id]);
    });

    test('without an entry leaves none', async () => {
      const trip = await storage.addTrip({ searchKey: newKey() });
      await storage.watch.recordChecks([check(trip, { audit: null })], later(MINUTE));
      expect((await storage.trip(trip.id)).outcome).toEqual(NO_OFFERS);
      expect(await storage.auditLog(trip.id)).toEqual([]);
    });

    test('of a trip that is no longer watched leaves nothing; the others of its batch are stored', async () => {
      const key = newKey();
      const [over, watched] = [
        await storage.addTrip({ searchKey: key, status: 'CANCELLED' }),
        await storage.addTrip({ searchKey: key }),
      ];
      const notify = ({ id, userId }: { id: string; userId: string }) =>
        notificationRequest({ userId, tripId: id, kind: 'price_change', dedupeKey: `fits:${id}` });
      await storage.watch.recordChecks(
        [over, watched].map((trip) => check(trip, { notifications: [notify(trip)] })),
        later(MINUTE),
      );
      expect(await storage.trip(over.id)).toMatchObject({ status: 'CANCELLED', outcome: WAITING });
      expect(await storage.auditLog(over.id)).toEqual([]);
      expect(await storage.auditLog(watched.id)).toHaveLength(1);
      const keys = await storage.notificationKeys();
      expect(keys).not.toContain(`fits:${over.id}`);
      expect(keys).toContain(`fits:${watched.id}`);
    });

    test('with a notification stores it once by its key, with one job', async () => {
      const trip = await storage.addTrip({ searchKey: newKey() });
      const before = (await storage.jobs()).length;
      for (const _ of [1, 2]) {
        const { id: tripId, userId } = trip;
        const request = { userId, tripId, kind: 'price_change' as const, dedupeKey: `fits:${tripId}:1` };
        const notification = notificationRequest({ ...request, correlationId: 'contract' });
        await storage.watch.recordChecks([check(trip, { notifications: [notification] })], later(MINUTE));
      }
      expect((await storage.notificationKeys()).filter((key) => key === `fits:${trip.id}:1`)).toHaveLength(1);
      expect((await storage.jobs()).slice(before)).toEqual([
        {
          name: 'notify',
          payload: { notificationId: expect.any(String) },
          correlationId: 'contract',
        },
      ]);
    });
  });

  describe('what the traveller is told of a fare', () => {
    const notified = (version: number) => ({
      version,
      searchKey: 'key',
      price: { minor: 40_000 - version, currency: 'GBP' },
      gone: false,
      mails: [],
    });

    test('of two checks that read the same, one is stored with its mail; the next goes on from there', async () => {
      const key = newKey();
      const trip = await storage.addTrip({ searchKey: key });
      const { id: tripId, userId } = trip;
      const tell = (mail: string, version: number) => {
        const dedupeKey = `notified:${tripId}:${mail}`;
        const notification = notificationRequest({ userId, tripId, kind: 'price_change', dedupeKey });
        const before = version > 1 ? notified(version - 1) : null;
        const notifiedFare = { before, after: notified(version), notification };
        return storage.watch.recordChecks([check(trip, { notifiedFare })], later(-1));
      };
      const mails = async () =>
        (await storage.notificationKeys()).filter((one) => one.startsWith(`notified:${tripId}:`));
      const read = async () => (await storage.watch.tripsAwaiting(key, { limit: 1, afterId: null }))[0];
      await Promise.all(['a', 'b', 'c', 'd'].map((mail) => tell(mail, 1)));
      expect(await mails()).toHaveLength(1);
      expect((await read())?.notifiedFare).toEqual(notified(1));
      await Promise.all(['e', 'f'].map((mail) => tell(mail, 2)));
      await tell('late', 1);
      expect(await mails()).toHaveLength(2);
      expect((await read())?.notifiedFare).toEqual(notified(2));
    });
  });

  describe('a booking', () => {
    test('starts once: the trip is BOOKING, both entries stand, and one job runs the attempt', async () => {
      const trip = await storage.addTrip({ searchKey: newKey() });
      expect(await storage.watch.startBooking(check(trip), startOf(trip))).toBe(true);
      expect(await storage.trip(trip.id)).toMatchObject({
        status: 'BOOKING',
        nextCheckAt: null,
        outcome: { code: 'booking' },
      });
      expect((await storage.auditLog(trip.id)).map(({ type }) => type)).toEqual([
        'search.completed',
        'booking.started',
      ]);
      expect(await storage.watch.startBooking(check(trip), startOf(trip))).toBe(false);
      expect(await storage.auditLog(trip.id)).toHaveLength(2);
      const jobs = await jobsOf(({ tripId }) => tripId === trip.id);
      expect(jobs).toEqual([
        {
          name: 'book',
          payload: { attemptId: expect.any(String), tripId: trip.id, number: 1 },
          correlationId: 'contract',
        },
      ]);
    });

    test('that two searches start at once starts once', async () => {
      const trip = await storage.addTrip({ searchKey: newKey() });
      const started = await Promise.all(
        Array.from({ length: 6 }, () => storage.watch.startBooking(check(trip), startOf(trip))),
      );
      expect(started.filter(Boolean)).toHaveLength(1);
      expect(await jobsOf(({ tripId }) => tripId === trip.id)).toHaveLength(1);
    });

    test('does not start while an attempt of the trip is live, and then stores nothing', async () => {
      const trip = await storage.addTrip({ searchKey: newKey() });
      await storage.addAttempt(trip.id, 'NEEDS_HUMAN');
      expect(await storage.watch.startBooking(check(trip), startOf(trip))).toBe(false);
      expect(await storage.trip(trip.id)).toMatchObject({ status: 'PENDING', outcome: WAITING });
      expect(await storage.auditLog(trip.id)).toEqual([]);
      expect(await jobsOf(({ tripId }) => tripId === trip.id)).toEqual([]);
    });

    test('is a trip’s next attempt once the earlier one is over', async () => {
      const trip = await storage.addTrip({ searchKey: newKey() });
      await storage.addAttempt(trip.id, 'FAILED');
      expect(await storage.watch.startBooking(check(trip), startOf(trip))).toBe(true);
      const [job] = await jobsOf(({ tripId }) => tripId === trip.id);
      expect(job?.payload).toMatchObject({ number: 2 });
    });
  });

  test('trips whose departure has passed end in batches, each once, with what the traveller reads', async () => {
    const expiry = {
      outcome: { code: 'expired', message: 'The departure has passed.' },
      audit: { type: 'trip.expired', actor: 'worker' },
    };
    // What other tests have left expires first.
    while ((await storage.watch.expireDeparted(100, expiry)) > 0);
    const key = newKey();
    const gone = [
      await storage.addTrip({ searchKey: key, departsInMs: -1 }),
      await storage.addTrip({ searchKey: key, departsInMs: -MINUTE, dueInMs: MINUTE }),
      await storage.addTrip({ searchKey: key, departureDate: '2020-01-01' }),
    ];
    const staying = [
      await storage.addTrip({ searchKey: key }),
      await storage.addTrip({ searchKey: key, departsInMs: -1, status: 'BOOKED' }),
      await storage.addTrip({
        searchKey: key,
        departureDate: new Date(storage.now().getTime() + 24 * 60 * MINUTE).toISOString().slice(0, 10),
      }),
    ];
    expect(await storage.watch.expireDeparted(2, expiry)).toBe(2);
    expect(await storage.watch.expireDeparted(2, expiry)).toBe(1);
    expect(await storage.watch.expireDeparted(2, expiry)).toBe(0);
    for (const { id } of gone) {
      expect(await storage.trip(id)).toEqual({
        status: 'EXPIRED',
        outcome: expiry.outcome,
        nextCheckAt: null,
      });
      expect(await storage.auditLog(id)).toEqual([{ type: 'trip.expired', actor: 'worker' }]);
    }
    for (const { id } of staying) {
      expect((await storage.trip(id)).status).not.toBe('EXPIRED');
      expect(await storage.auditLog(id)).toEqual([]);
    }
  });
});
