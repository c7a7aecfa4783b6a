import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batched } from '../../src/db/client/batched.ts';

/** Lets everything that is ready happen. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('whoever asks, and whenever, gets the own answer or the own error, and nothing is asked twice', async () => {
  const scripts = fc.array(fc.record({ asks: fc.nat(80), turns: fc.nat(4) }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(scripts, fc.nat(3), async (script, slowness) => {
      let underWay = 0;
      const batches: (readonly number[])[] = [];
      const double = batched<number, number>(async (asks) => {
        underWay += 1;
        expect(underWay).toBeLessThanOrEqual(2);
        batches.push(asks);
        for (let left = slowness; left > 0; left -= 1) await turn();
        underWay -= 1;
        if (asks.some((ask) => ask % 50 === 49)) throw new Error(`all with ${asks[0]}`);
        return asks.map((ask) => (ask % 7 === 6 ? new Error(`not ${ask}`) : 2 * ask));
      });
      const answers: Promise<unknown>[] = [];
      for (const { asks, turns } of script) {
        for (let asked = 0; asked < asks; asked += 1)
          answers.push(double(answers.length).catch((error: Error) => error.message));
        for (let left = turns; left > 0; left -= 1) await turn();
      }
      const got = await Promise.all(answers);
      const batchOf = new Map(batches.flatMap((batch) => batch.map((ask) => [ask, batch] as const)));
      const wanted = got.map((_, ask) => {
        const batch = batchOf.get(ask) ?? [];
        if (batch.some((one) => one % 50 === 49)) return `all with ${batch[0]}`;
        return ask % 7 === 6 ? `not ${ask}` : 2 * ask;
      });
      expect(got).toEqual(wanted);
      expect(batches.flat()).toHaveLength(got.length);
      expect(Math.max(0, ...batches.map(({ length }) => length))).toBeLessThanOrEqual(64);
    }),
    { numRuns: 200 },
  );
});

test('what comes while two batches are under way is the next one', async () => {
  const ends: (() => void)[] = [];
  const sizes: number[] = [];
  const ask = batched<number, void>(async (asks) => {
    sizes.push(asks.length);
    await new Promise<void>((resolve) => ends.push(resolve));
    return asks.map(() => undefined);
  });
  const all = [ask(1)];
  await turn();
  all.push(ask(2));
  await turn();
  for (let more = 0; more < 10; more += 1) {
    all.push(ask(more));
    await turn();
  }
  expect(sizes).toEqual([1, 1]);
  ends[0]?.();
  await turn();
  await turn();
  expect(sizes).toEqual([1, 1, 10]);
  for (const end of ends) end();
  await Promise.all(all);
});

test('of a batch that is refused each is run alone, and only the one at fault is refused', async () => {
  const batches: number[] = [];
  const ask = batched<number, number>(async (asks) => {
    batches.push(asks.length);
    if (asks.includes(3)) throw Object.assign(new Error('three'), { severity: 'ERROR' });
    return asks;
  });
  const got = await Promise.allSettled([1, 2, 3, 4].map(ask));
  expect(got.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(batches).toEqual([4, 1, 1, 1, 1]);
});
