import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Offer } from '../../src/domain/offer.ts';
import { MAX_PRIORITY } from '../../src/domain/search-schedule.ts';
import { toOutboxJob } from '../../src/queues/outbox/jobs.ts';
import { type ContractStorage, STORAGES } from '../support/storages.ts';

const MINUTE = 60_000;
/** Longer than a search's lease. */
const LEASE_OVER_MS = 46_000;
const FAILED = { code: 'search_failed', message: 'The airlines could not be asked.' };

const offer = (minor: number): Offer => ({
  provider: 'duffel',
  offerId: `off_${randomUUID()}`,
  price: { minor, currency: 'GBP' },
  expiresAt: null,
  airline: 'ZZ',
  airlineName: 'Duffel Airways',
  slices: [],
  passengers: [],
  checkedBags: 0,
  refundable: true,
  baseMinor: null,
  taxMinor: null,
});
const answer = (...offers: readonly Offer[]) => ({
  requestId: `orq_${randomUUID()}`,
  offers: offers.map((one) => ({ offer: one, raw: { id: one.offerId } })),
});

describe.each(STORAGES)('searches of watched trips on $name', ({ open }) => {
  let storage: ContractStorage;
  beforeAll(async () => {
    storage = await open();
  });
  afterAll(() => storage.close());

  /** A search of this test's own. */
  const newKey = () => `key-${randomUUID()}`;
  const jobsOf = async (wanted: (payload: Record<string, unknown>) => boolean) =>
    (await storage.jobs()).filter(({ payload }) => wanted(payload));

  describe('a search', () => {
    test('is claimed by one worker per key and window', async () => {
      const key = newKey();
      const claims = await Promise.all(Array.from({ length: 20 }, () => storage.watch.claimSearch(key, 1)));
      const states = claims.map(({ state }) => state);
      expect(states.filter((state) => state === 'mine')).toHaveLength(1);
      expect(states.filter((state) => state === 'running')).toHaveLength(19);
      expect(await storage.watch.claimSearch(key, 2)).toMatchObject({ state: 'mine' });
      expect(await storage.watch.claimSearch(newKey(), 1)).toMatchObject({ state: 'mine' });
    });

    test('may be claimed again once its worker has been silent for the lease, and no sooner', async () => {
      const key = newKey();
      await storage.watch.claimSearch(key, 1);
      await storage.timePasses(LEASE_OVER_MS / 2);
      expect(await storage.watch.claimSearch(key, 1)).toEqual({ state: 'running' });
      await storage.timePasses(LEASE_OVER_MS / 2);
      expect(await storage.watch.claimSearch(key, 1)).toMatchObject({ state: 'mine' });
      expect(await storage.watch.claimSearch(key, 1)).toEqual({ state: 'running' });
    });

    test('may be claimed again at once when it failed or was released', async () => {
      const key = newKey();
      const claim = (await storage.watch.claimSearch(key, 1)) as { id: string };
      await storage.watch.releaseSearch(claim.id);
      const again = (await storage.watch.claimSearch(key, 1)) as { state: string; id: string };
      expect(again.state).toBe('mine');
      await storage.watch.recordFailure(
        { id: again.id, searchKey: key },
        { code: 'rate_limited', outcome: FAILED, nextCheckAt: undefined },
      );
      expect(await storage.watch.claimSearch(key, 1)).toMatchObject({ state: 'mine' });
    });

    test('that is answered stays answered; its offers come back cheapest first', async () => {
      const key = newKey();
      const claim = (await storage.watch.claimSearch(key, 1)) as { id: string };
      expect(await storage.watch.offersOf(claim.id)).toEqual([]);
      const [dear, cheap, middle] = [offer(50_000), offer(30_000), offer(40_000)];
      await storage.watch.saveOffers(claim.id, answer(dear, cheap, middle));
      await storage.timePasses(LEASE_OVER_MS);
      expect(await storage.watch.claimSearch(key, 1)).toEqual({ state: 'done', id: claim.id });
      expect(await storage.watch.offersOf(claim.id)).toEqual([cheap, middle, dear]);
    });

    test('is described by those who watch it, and by nobody once it is unwatched', async () => {
      const key = newKey();
      expect(await storage.watch.searchParamsOf(key)).toBeUndefined();
      await storage.addTrip({ searchKey: key, status: 'BOOKED' });
      expect(await storage.watch.searchParamsOf(key)).toBeUndefined();
      await storage.addTrip({ searchKey: key, dueInMs: MINUTE });
      expect(await storage.watch.searchParamsOf(key)).toMatchObject({ origin: 'LHR', destination: 'JFK' });
    });
  });

  describe('the sweep', () => {
    /** Of all that other tests have left due, the searches of this one. */
    const dueOf = async (...keys: readonly string[]) =>
      (await storage.watch.dueSearches(1_000)).filter(({ searchKey }) => keys.includes(searchKey));

    test('reads each due search once, longest due first', async () => {
      const [first, second, notDue, over] = [newKey(), newKey(), newKey(), newKey()];
      await storage.addTrip({ searchKey: second, dueInMs: -MINUTE });
      await storage.addTrip({ searchKey: first, userId: 'b', dueInMs: -MINUTE });
      await storage.addTrip({ searchKey: first, userId: 'a', dueInMs: -2 * MINUTE });
      await storage.addTrip({ searchKey: notDue, dueInMs: MINUTE });
      await storage.addTrip({ searchKey: over, status: 'BOOKED', dueInMs: -MINUTE });
      const due = await dueOf(first, second, notDue, over);
      expect(due.map(({ searchKey }) => searchKey)).toEqual([first, second]);
      expect(due[0]?.userId).toBe('a');
      expect(due[0]?.waitedMs).toBeGreaterThanOrEqual(2 * MINUTE);
      expect(due[0]?.waitedMs).toBeLessThan(2 * MINUTE + 10_000);
      expect(await storage.watch.dueSearches(1)).toHaveLength(1);
    });

    test('ranks a search that was never answered highest, and another by its priority', async () => {
      const key = newKey();
      await storage.addTrip({ searchKey: key, dueInMs: -MINUTE });
      expect(await dueOf(key)).toMatchObject([{ priority: MAX_PRIORITY }]);
      await storage.watch.savePriority(key, 2.5);
      await storage.watch.savePriority(key, 1.5);
      expect(await dueOf(key)).toMatchObject([{ priority: 1.5 }]);
    });

    test('counts a wait from the last request, and keeps the priority', async () => {
      const key = newKey();
      await storage.addTrip({ searchKey: key, dueInMs: -10 * MINUTE });
      await storage.watch.savePriority(key, 2.5);
      const job = toOutboxJob('search', { searchKey: key, window: 7 });
      await storage.watch.requestSearches([key], [job]);
      expect(await jobsOf(({ searchKey }) => searchKey === key)).toEqual([
        { name: 'search', payload: { searchKey: key, window: 7 }, correlationId: null },
      ]);
      await storage.timePasses(MINUTE);
      const [due] = await dueOf(key);
      expect(due?.priority).toBe(2.5);
      expect(due?.waitedMs).toBeGreaterThanOrEqual(MINUTE);
      expect(due?.waitedMs).toBeLessThan(MINUTE + 10_000);
    });

    test('a priority is computed from the caps of those who watch and the cheapest recent fares', async () => {
      const key = newKey();
      expect(await storage.watch.priorityInputs(key)).toEqual({ topCap: null, fares: [] });
      await storage.addTrip({ searchKey: key, capMinor: 30_000 });
      await storage.addTrip({ searchKey: key, capMinor: 50_000 });
      await storage.addTrip({ searchKey: key, capMinor: 90_000, status: 'FAILED' });
      for (const [window, minor] of [
        [12, 44_000],
        [10, 45_000],
        [11, 43_000],
      ] as const) {
        const { id } = (await storage.watch.claimSearch(key, window)) as { id: string };
        await storage.watch.saveOffers(id, answer(offer(minor + 1_000), offer(minor)));
      }
      const failed = (await storage.watch.claimSearch(key, 13)) as { id: string };
      await storage.watch.releaseSearch(failed.id);
      const empty = (await storage.watch.claimSearch(key, 14)) as { id: string };
      await storage.watch.saveOffers(empty.id, answer());
      expect(await storage.watch.priorityInputs(key)).toEqual({
        topCap: 50_000,
        fares: [45_000, 43_000, 44_000],
      });
    });

    test('it reads the thirty latest fares at most', async () => {
      const key = newKey();
      for (let window = 1; window <= 32; window += 1) {
        const { id } = (await storage.watch.claimSearch(key, window)) as { id: string };
        await storage.watch.saveOffers(id, answer(offer(window)));
      }
      const { fares } = await storage.watch.priorityInputs(key);
      expect([fares.length, fares[0], fares.at(-1)]).toEqual([30, 3, 32]);
    });
  });
});
