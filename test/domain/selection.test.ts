import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tooLittle } from '../../src/domain/chargeable.ts';
import { durationOf, type Offer, stopsOf } from '../../src/domain/offer.ts';
import { type Criteria, selectOffer } from '../../src/domain/selection.ts';

const NOW = new Date('2027-01-01T12:00:00Z');
const ASKED = {
  origin: 'LHR',
  destination: 'JFK',
  departureDate: '2027-03-01',
  returnDate: null,
  cabin: 'economy',
} as const;
const ON = { asked: ASKED, advancedFiltering: true, priceOptimization: true, now: NOW };

function offer(
  id: string,
  minor: number,
  minutes: number,
  connections: number,
  changes: Partial<Offer> = {},
): Offer {
  const segment = {
    origin: 'LHR',
    destination: 'JFK',
    departingAtLocal: '2027-03-01T09:15:00',
    arrivingAtLocal: '2027-03-01T12:15:00',
    durationMinutes: minutes,
    carrier: 'ZZ',
    carrierName: 'Duffel Airways',
    flightNumber: '1',
    cabin: 'economy',
    stops: 0,
  };
  const segments = Array.from({ length: connections + 1 }, () => segment);
  return {
    provider: 'duffel',
    offerId: id,
    price: { minor, currency: 'GBP' },
    expiresAt: '2027-01-01T12:30:00Z',
    airline: 'ZZ',
    airlineName: 'Duffel Airways',
    slices: [{ origin: 'LHR', destination: 'JFK', durationMinutes: minutes, segments }],
    passengers: [{ id: 'pas_1', type: 'adult', age: null }],
    checkedBags: 1,
    refundable: true,
    baseMinor: null,
    taxMinor: null,
    ...changes,
  };
}

const offers = fc
  .array(
    fc.tuple(
      fc.integer({ min: 1, max: 90_000 }),
      fc.integer({ min: 40, max: 2_000 }),
      fc.integer({ min: 0, max: 3 }),
    ),
    { maxLength: 12 },
  )
  .map((rows) =>
    rows.map(([minor, minutes, connections], index) => offer(`off_${index}`, minor, minutes, connections)),
  );
const cap = fc.integer({ min: 1, max: 90_000 });
const gbp = (minor: number) => ({ minor, currency: 'GBP' });

test('what is chosen fits; nothing is chosen only when nothing fits', () => {
  fc.assert(
    fc.property(
      offers,
      cap,
      fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
      (all, minor, maxStops) => {
        const { chosen, verdicts } = selectOffer(all, { ...ON, criteria: { maxStops }, mandate: gbp(minor) });
        const fitting = verdicts.filter((verdict) => verdict.objections.length === 0);
        expect(chosen === null).toBe(fitting.length === 0);
        if (!chosen) return;
        expect(chosen.price.minor).toBeLessThanOrEqual(minor);
        expect(stopsOf(chosen)).toBeLessThanOrEqual(maxStops ?? Number.POSITIVE_INFINITY);
      },
    ),
  );
});

test('the choice does not depend on the order of the offers', () => {
  fc.assert(
    fc.property(offers, cap, fc.infiniteStream(fc.nat()), (all, minor, noise) => {
      const rules = { ...ON, criteria: {}, mandate: gbp(minor) };
      const keys = new Map(all.map((one) => [one, noise.next().value]));
      const shuffled = all.toSorted((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
      expect(selectOffer(shuffled, rules).chosen?.offerId).toBe(selectOffer(all, rules).chosen?.offerId);
    }),
  );
});

test('the choice does not change with the unit of money or time', () => {
  fc.assert(
    fc.property(offers, fc.constantFrom(10, 100), fc.constantFrom(2, 60), (some, money, time) => {
      const rules = { ...ON, criteria: {} };
      // In either unit a card can be charged.
      const all = some.filter(({ price }) => tooLittle(price) === null);
      const scaled = all.map((one) =>
        offer(one.offerId, one.price.minor * money, durationOf(one) * time, stopsOf(one)),
      );
      const before = selectOffer(all, { ...rules, mandate: gbp(1e9) }).chosen?.offerId;
      expect(selectOffer(scaled, { ...rules, mandate: gbp(1e12) }).chosen?.offerId).toBe(before);
    }),
  );
});

test('price counts 60, duration 25, stops 15', () => {
  const choose = (...all: Offer[]) =>
    selectOffer(all, { ...ON, criteria: {}, mandate: gbp(100_000) }).chosen?.offerId;
  // Cheapest against best in all else: 40 points against 60.
  expect(choose(offer('cheap', 100, 900, 2), offer('good', 200, 300, 0))).toBe('cheap');
  // Half-way in price, best in all else: 30 points against 40.
  expect(choose(offer('cheap', 100, 900, 2), offer('good', 150, 300, 0), offer('dear', 200, 900, 2))).toBe(
    'good',
  );
});

test('with price optimisation off the cheapest wins', () => {
  const all = [offer('cheap', 100, 900, 2), offer('good', 101, 300, 0), offer('dear', 200, 900, 2)];
  const rules = { ...ON, priceOptimization: false, criteria: {}, mandate: gbp(100_000) };
  expect(selectOffer(all, rules).chosen?.offerId).toBe('cheap');
});

test.each<[wish: Criteria, changes: Partial<Offer>, objection: RegExp]>([
  [{ airlines: ['BA'] }, {}, /is on ZZ/],
  [{ departAfter: '10:00' }, {}, /before 10:00/],
  [{ departBefore: '08:00' }, {}, /after 08:00/],
  [{ bags: 2 }, {}, /1 checked bags/],
  [{ maxDurationMinutes: 100 }, {}, /longer than 100/],
  [{}, { expiresAt: '2027-01-01T12:00:59Z' }, /under a minute/],
  [{}, { price: { minor: 1, currency: 'EUR' } }, /priced in EUR/],
])('%o is a hard criterion', (criteria, changes, objection) => {
  const { chosen, verdicts } = selectOffer([offer('one', 100, 300, 0, changes)], {
    ...ON,
    criteria,
    mandate: gbp(1_000),
  });
  expect(chosen).toBeNull();
  expect(verdicts[0]?.objections.join()).toMatch(objection);
});

test('with advanced filtering off, a wish is never ignored: such trips find nothing', () => {
  const rules = { ...ON, advancedFiltering: false, mandate: gbp(1_000) };
  const all = [offer('one', 100, 300, 0)];
  expect(selectOffer(all, { ...rules, criteria: { airlines: ['ZZ'] } }).chosen).toBeNull();
  expect(selectOffer(all, { ...rules, criteria: { maxStops: 1 } }).chosen?.offerId).toBe('one');
});
