import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { notAskedFor } from '../../src/domain/asked.ts';
import { fareDifferences, fareKey, includedBags, isSameFare } from '../../src/domain/fare.ts';
import type { Carriage, Condition, FareTerms, Offer } from '../../src/domain/offer.ts';
import type { SearchParams } from '../../src/domain/search.ts';

const count = fc.option(fc.integer({ min: 0, max: 3 }), { nil: null });
const carriage: fc.Arbitrary<Carriage> = fc.record({
  cabin: fc.constantFrom('economy', 'business', null),
  checkedBags: count,
  carryOnBags: count,
});
const condition: fc.Arbitrary<Condition | null> = fc.option(
  fc.oneof(
    fc.constant({ allowed: false, fee: null }),
    fc.record({
      allowed: fc.constant(true),
      fee: fc.option(fc.record({ minor: fc.constantFrom(0, 5_000), currency: fc.constant('GBP') }), {
        nil: null,
      }),
    }),
  ),
  { nil: null },
);
const terms: fc.Arbitrary<FareTerms> = fc.record({
  brands: fc.tuple(fc.constantFrom('Light', 'Flex', null)),
  carriage: fc.tuple(fc.tuple(carriage, carriage)),
  refund: condition,
  change: condition,
});

function offer(of: FareTerms | undefined, changes: Partial<Offer> = {}): Offer {
  const segment = {
    origin: 'LHR',
    destination: 'JFK',
    departingAtLocal: '2027-03-01T09:15:00',
    arrivingAtLocal: '2027-03-01T12:15:00',
    durationMinutes: 480,
    carrier: 'ZZ',
    carrierName: 'Duffel Airways',
    flightNumber: '1',
    cabin: 'economy',
    stops: 0,
  };
  return {
    provider: 'duffel',
    offerId: 'off_1',
    price: { minor: 40_000, currency: 'GBP' },
    expiresAt: null,
    airline: 'ZZ',
    airlineName: 'Duffel Airways',
    slices: [{ origin: 'LHR', destination: 'JFK', durationMinutes: 480, segments: [segment] }],
    passengers: [
      { id: 'pas_1', type: 'adult', age: null },
      { id: 'pas_2', type: 'infant_without_seat', age: 0 },
    ],
    checkedBags: 0,
    ...(of && { terms: of }),
    refundable: null,
    baseMinor: null,
    taxMinor: null,
    ...changes,
  };
}

describe('a fare', () => {
  test('is the same whatever it costs, and whichever search shows it', () => {
    fc.assert(
      fc.property(terms, fc.integer({ min: 1, max: 90_000 }), (of, minor) => {
        const passengers = [{ id: 'pas_9', type: 'adult', age: null }];
        const again = offer(of, { offerId: 'off_2', price: { minor, currency: 'GBP' }, passengers });
        expect(fareDifferences(offer(of), again)).toEqual([]);
        expect(fareKey(again)).toBe(fareKey(offer(of)));
      }),
    );
  });

  test('is another one as soon as brand, cabin, bags or a condition differs, in either direction', () => {
    fc.assert(
      fc.property(terms, terms, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        expect(isSameFare(offer(one), offer(other)) && isSameFare(offer(other), offer(one))).toBe(false);
      }),
    );
  });

  test('of which something is unknown is no fare of which it is known', () => {
    const known: FareTerms = {
      brands: ['Light'],
      carriage: [[{ cabin: 'economy', checkedBags: 1, carryOnBags: 1 }]],
      refund: { allowed: false, fee: null },
      change: { allowed: true, fee: { minor: 0, currency: 'GBP' } },
    };
    const unknown: Partial<FareTerms>[] = [
      { brands: [null] },
      { carriage: [[{ cabin: null, checkedBags: 1, carryOnBags: 1 }]] },
      { carriage: [[{ cabin: 'economy', checkedBags: null, carryOnBags: 1 }]] },
      { refund: null },
      { change: null },
      { change: { allowed: true, fee: null } },
    ];
    for (const part of unknown) {
      const other = offer({ ...known, ...part });
      expect(isSameFare(offer(known), other)).toBe(false);
      expect(isSameFare(other, offer(known))).toBe(false);
      // Where nobody picked it, the airline may say later what it did not say at first, and not the reverse.
      expect(fareDifferences(other, offer(known), { mayBecomeKnown: true })).toEqual([]);
      expect(fareDifferences(offer(known), other, { mayBecomeKnown: true })).not.toEqual([]);
    }
  });

  test('with a higher fee is another fare, with a lower one the same', () => {
    const withFee = (minor: number) =>
      offer({
        brands: [],
        carriage: [],
        change: null,
        refund: { allowed: true, fee: { minor, currency: 'GBP' } },
      });
    expect(fareDifferences(withFee(6_000), withFee(15_000))).toEqual([
      'fee for a cancellation: 150.00 GBP, not 60.00 GBP',
    ]);
    expect(isSameFare(withFee(15_000), withFee(6_000))).toBe(true);
  });
});

test('more bags than were shown make no other fare, fewer do', () => {
  const withBags = (checkedBags: number) =>
    offer({
      brands: [],
      carriage: [[{ cabin: null, checkedBags, carryOnBags: 1 }]],
      refund: null,
      change: null,
    });
  expect(isSameFare(withBags(1), withBags(6))).toBe(true);
  expect(isSameFare(withBags(6), withBags(1))).toBe(false);
});

test('bags count for those who have a seat, and one that is unknown makes the number unknown', () => {
  const bags = (...counts: (number | null)[]) =>
    includedBags(
      offer({
        brands: [],
        carriage: [counts.map((checkedBags) => ({ cabin: null, checkedBags, carryOnBags: null }))],
        refund: null,
        change: null,
      }),
    );
  expect([bags(2, 0), bags(null, 2), bags(0, 2)]).toEqual([2, null, 0]);
});

const ASKED = {
  origin: 'LHR',
  destination: 'JFK',
  departureDate: '2027-03-01',
  returnDate: null,
  cabin: 'economy',
} as const;
test.each<[changes: Partial<SearchParams>, words: RegExp | null]>([
  [{}, null],
  [{ destination: 'EWR' }, /flies LHR to JFK/],
  [{ departureDate: '2027-03-02' }, /departs on 2027-03-01/],
  [{ returnDate: '2027-03-09' }, /1 directions, and not 2/],
  [{ cabin: 'business' }, /is in economy, and not in business/],
])('asked for %o, an offer is held against it', (changes, words) => {
  const found = notAskedFor(offer(undefined), { ...ASKED, ...changes }).join();
  expect(found).toMatch(words ?? /^$/);
});
