import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PastAuthorization, reachedLimit } from '../../src/domain/authorization-limits.ts';
import { fareOf, leftAloneUntil } from '../../src/domain/failed-fares.ts';
import type { Offer } from '../../src/domain/offer.ts';
import { selectOffer } from '../../src/domain/selection.ts';

const NOW = new Date('2027-01-01T12:00:00Z');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const gbp = (minor: number) => ({ minor, currency: 'GBP' });
const ago = (ms: number) => new Date(NOW.getTime() - ms);

function offer(flightNumber: string, minor: number, changes: Partial<Offer> = {}): Offer {
  const segment = {
    origin: 'LHR',
    destination: 'JFK',
    departingAtLocal: '2027-03-01T09:15:00',
    arrivingAtLocal: '2027-03-01T12:15:00',
    durationMinutes: 480,
    carrier: 'ZZ',
    carrierName: 'Duffel Airways',
    flightNumber,
    cabin: 'economy',
    stops: 0,
  };
  return {
    provider: 'duffel',
    offerId: `off_${flightNumber}_${minor}`,
    price: gbp(minor),
    expiresAt: null,
    airline: 'ZZ',
    airlineName: 'Duffel Airways',
    slices: [{ origin: 'LHR', destination: 'JFK', durationMinutes: 480, segments: [segment] }],
    passengers: [],
    checkedBags: 0,
    refundable: true,
    baseMinor: null,
    taxMinor: null,
    ...changes,
  };
}

describe('a fare that failed', () => {
  const first = 10 * MINUTE;
  const failures = (count: number, lastMs = 0) =>
    Array.from({ length: count }, (_, index) => ({
      ...fareOf(offer('1', 40_000)),
      at: ago(lastMs + index * DAY),
    }));
  const until = (tried: Offer, count: number, lastMs = 0) =>
    leftAloneUntil(tried, failures(count, lastMs), first, NOW)?.getTime();

  test('is left alone for one interval, then twice as long each time, up to a day', () => {
    const expected = [1, 2, 4, 8, 16, 32, 64, 128, 144, 144].map((times) => times * first);
    const seen = expected.map((_, index) => (until(offer('1', 40_000), index + 1) ?? 0) - NOW.getTime());
    expect(seen).toEqual(expected);
    expect(until(offer('1', 40_000), 1, first)).toBeUndefined();
  });

  test('is the same fare when its price moves by pennies, and another when it moves further', () => {
    expect(until(offer('1', 40_399), 1)).toBeDefined();
    expect(until(offer('1', 39_601), 1)).toBeDefined();
    for (const minor of [40_401, 39_599]) expect(until(offer('1', minor), 1)).toBeUndefined();
  });

  test('says nothing of other flights, cabins or airlines', () => {
    expect(until(offer('2', 40_000), 3)).toBeUndefined();
    expect(until(offer('1', 40_000, { airline: 'BA' }), 3)).toBeUndefined();
    const [slice] = offer('1', 40_000).slices;
    const segments = slice?.segments.map((segment) => ({ ...segment, cabin: 'business' })) ?? [];
    const business = offer('1', 40_000, {
      slices: [{ ...(slice as Offer['slices'][0]), segments }],
    } as never);
    expect(until(business, 3)).toBeUndefined();
  });

  test('gives way to the next best offer', () => {
    const [phantom, next] = [offer('1', 40_000), offer('2', 41_000)];
    const asked = {
      origin: 'LHR',
      destination: 'JFK',
      departureDate: '2027-03-01',
      returnDate: null,
    } as const;
    const rules = {
      asked: { ...asked, cabin: 'economy' as const },
      criteria: {},
      mandate: gbp(42_000),
      advancedFiltering: true,
      priceOptimization: false,
    };
    const failed = { fares: failures(1), firstMs: first };
    expect(selectOffer([phantom, next], { ...rules, now: NOW }).chosen).toBe(phantom);
    expect(selectOffer([phantom, next], { ...rules, failed, now: NOW }).chosen).toBe(next);
    expect(selectOffer([phantom], { ...rules, failed, now: NOW }).chosen).toBeNull();
  });
});

describe('the limits on a card and a trip', () => {
  const next = { tripId: 'trip', card: 'pm', amount: gbp(40_000) };
  const past = fc.record<PastAuthorization>({
    at: fc.integer({ min: 0, max: 40 * DAY }).map(ago),
    tripId: fc.constantFrom('trip', 'other'),
    card: fc.constantFrom('pm', 'pm_other', null),
    amount: fc.constantFrom(gbp(40_000), gbp(41_000)),
    outcome: fc.constantFrom('live', 'unused', 'declined', 'booked'),
  });
  const history = fc.array(past, { maxLength: 60 });

  test('hold whatever was tried before: well under what the networks allow', () => {
    fc.assert(
      fc.property(history, (all) => {
        if (reachedLimit(all, next, NOW)) return;
        const within = (ms: number) => all.filter(({ at }) => at > ago(ms));
        const onCard = (ms: number) => within(ms).filter(({ card }) => card === 'pm');
        const declines = (ms: number) => onCard(ms).filter(({ outcome }) => outcome === 'declined');
        expect(
          within(DAY).filter(({ tripId, outcome }) => tripId === 'trip' && outcome !== 'booked').length,
        ).toBeLessThan(6);
        expect(declines(DAY).length).toBeLessThan(10);
        expect(declines(30 * DAY).length).toBeLessThan(35);
        const sameAmount = onCard(30 * DAY).filter(
          ({ amount, outcome }) =>
            amount.minor === 40_000 && (outcome === 'unused' || outcome === 'declined'),
        );
        expect(sameAmount.length).toBeLessThan(20);
      }),
    );
  });

  test('free the card at the moment they name, and not a moment sooner', () => {
    fc.assert(
      fc.property(history, (all) => {
        const reached = reachedLimit(all, next, NOW);
        if (!reached) return;
        expect(reached.until.getTime()).toBeGreaterThan(NOW.getTime());
        expect(reachedLimit(all, next, new Date(reached.until.getTime() - 1))).not.toBeNull();
        expect(reachedLimit(all, next, reached.until)).toBeNull();
      }),
    );
  });

  test('what led to a ticket does not count, however often', () => {
    const bought = Array.from({ length: 100 }, () => ({ ...next, at: NOW, outcome: 'booked' as const }));
    expect(reachedLimit(bought, next, NOW)).toBeNull();
  });

  test('another card may be tried', () => {
    const declined = Array.from({ length: 5 }, () => ({
      ...next,
      tripId: 'other',
      at: NOW,
      outcome: 'declined' as const,
    }));
    expect(reachedLimit(declined, next, NOW)?.limit).toBe('card_declines_per_day');
    expect(reachedLimit(declined, { ...next, card: 'pm_other' }, NOW)).toBeNull();
  });
});
