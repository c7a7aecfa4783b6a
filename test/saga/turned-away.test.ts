import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Attempt } from '../../src/domain/attempt.ts';
import type { PastIntent } from '../../src/domain/saga.ts';
import { Retryable } from '../../src/errors.ts';
import { readOrderAnswer } from '../../src/providers/duffel/create-order.ts';
import type { BookingStepPorts } from '../../src/services/booking/ports.ts';
import { FIRST_PAUSE_MS, turnedAway } from '../../src/services/booking/steps/turned-away.ts';

/** What `ratelimit-reset` may look like: a date near now, rounded or not, a date of long ago or far ahead, or no date. */
const RESETS = fc.oneof(
  fc.integer({ min: -5_000, max: 90_000 }).map((ms) => new Date(Date.now() + ms).toUTCString()),
  fc.integer({ min: -4e12, max: 4e12 }).map((ms) => new Date(Date.now() + ms).toISOString()),
  fc.constantFrom(null, '', '0', '60', 'soon', 'NaN'),
  fc.string(),
);

/** How long an offer may live, in ms. */
const OFFER_LIFE_MS = 30 * 60_000;

test('however ratelimit-reset looks: a second and more between two posts, ever more, and few within an offer\u2019s life', () => {
  fc.assert(
    fc.property(fc.array(RESETS, { minLength: 50, maxLength: 50 }), fc.uuid(), (resets, id) => {
      let waited = 0;
      let posts = 0;
      for (const reset of resets) {
        posts += 1;
        const pauseMs = pauseAfter(reset, { id, tries: posts });
        expect(pauseMs).toBeGreaterThanOrEqual(FIRST_PAUSE_MS);
        // Shorter than the rescuer's patience, who would run the attempt again.
        expect(pauseMs).toBeLessThan(75_000);
        waited += pauseMs;
        if (waited > OFFER_LIFE_MS) break;
      }
      expect(waited).toBeGreaterThan(OFFER_LIFE_MS);
      expect(posts).toBeLessThanOrEqual(40);
    }),
  );
});

/** The wait that a 429 with this header brings. */
function pauseAfter(reset: string | null, { id, tries }: { id: string; tries: number }): number {
  const body = { meta: { request_id: 'req' }, errors: [{ code: 'rate_limit_exceeded' }] };
  try {
    readOrderAnswer({ status: 429, body, reset }, 'parker.example');
  } catch (error) {
    expect(error).toBeInstanceOf(Retryable);
    const intent: Partial<PastIntent> = { tries, ageMs: 0, outcome: null };
    const ports = { session: { findIntent: () => intent } } as unknown as BookingStepPorts;
    const result = turnedAway(ports, { id } as Attempt, error as Retryable);
    if (result.kind === 'next' && result.pauseMs !== undefined) return result.pauseMs;
  }
  throw new Error('it was not turned away with a wait');
}
