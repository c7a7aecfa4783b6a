import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAdmission, type Release } from '../../src/http/admission.ts';

const bounds = { least: 4, most: 32 };
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('enter' as const), client: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('leave' as const), nth: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('adapt' as const), pressed: fc.boolean() }) },
);

test('whoever comes and goes: the bound holds, a client with less than an equal share gets in, and nobody holds more than half', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const admission = createAdmission(bounds);
      const inside: { client: number; release: Release }[] = [];
      const ownOf = (client: number) => inside.filter((one) => one.client === client).length;
      for (const one of steps) {
        if (one.does === 'leave') inside.splice(one.nth % (inside.length || 1), 1)[0]?.release();
        if (one.does === 'adapt') admission.adapt(one.pressed);
        expect(admission.limit).toBeGreaterThanOrEqual(bounds.least);
        expect(admission.limit).toBeLessThanOrEqual(bounds.most);
        expect(admission.inFlight).toBe(inside.length);
        if (one.does !== 'enter') continue;
        const { limit } = admission;
        const own = ownOf(one.client);
        const clients = new Set([...inside.map(({ client }) => client), one.client]).size;
        const release = admission.enter(`client-${one.client}`);
        if (release) inside.push({ client: one.client, release });
        if (own < Math.floor(limit / clients) && inside.length < 2 * limit) expect(release).toBeDefined();
        if (own >= Math.max(Math.ceil(limit / 2), Math.floor(limit / clients)))
          expect(release).toBeUndefined();
        if (inside.length > 2 * limit) expect(release).toBeUndefined();
      }
      for (const { release } of inside) {
        release();
        release();
      }
      expect(admission.inFlight).toBe(0);
      expect(admission.enter('anybody')).toBeDefined();
    }),
  );
});

test('under pressure fewer are admitted, and when it ends as many as before', () => {
  const admission = createAdmission(bounds);
  for (let n = 0; n < 50; n += 1) admission.adapt(true);
  expect(admission.limit).toBe(bounds.least);
  for (let n = 0; n < 50; n += 1) admission.adapt(false);
  expect(admission.limit).toBe(bounds.most);
});
