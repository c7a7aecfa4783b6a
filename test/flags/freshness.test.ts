import { expect, test } from 'vitest';
import { createFreshness } from '../../src/flags/freshness.ts';

/** A flag service on a clock of its own: it answers as it is told, or hangs until then. */
function setUp() {
  let now = 0;
  let asked = 0;
  let answer: () => Promise<boolean> = async () => true;
  const freshness = createFreshness(
    {
      isCurrent: () => {
        asked += 1;
        return answer();
      },
    },
    () => now,
  );
  return {
    freshness,
    asked: () => asked,
    pass: (ms: number) => {
      now += ms;
    },
    answers: (given: () => Promise<boolean>) => {
      answer = given;
    },
  };
}

test('before the first answer no flag is believed, and its age is unknown', async () => {
  const { freshness } = setUp();
  expect([freshness.live(), freshness.ageMs()]).toEqual([false, Number.POSITIVE_INFINITY]);
  await freshness.confirm();
  expect([freshness.live(), freshness.ageMs()]).toEqual([true, 0]);
});

test('within a second the service is asked once, whoever asks', async () => {
  const { freshness, asked, pass } = setUp();
  await Promise.all([freshness.confirm(), freshness.confirm()]);
  pass(999);
  await freshness.confirm();
  expect(asked()).toBe(1);
  pass(1);
  await freshness.confirm();
  expect(asked()).toBe(2);
});

test('flags that are behind are not believed at once; caught up, they are', async () => {
  const { freshness, answers, pass } = setUp();
  await freshness.confirm();
  answers(async () => false);
  pass(1_000);
  await freshness.confirm();
  expect(freshness.live()).toBe(false);
  answers(async () => true);
  pass(1_000);
  await freshness.confirm();
  expect(freshness.live()).toBe(true);
});

test('a service that does not answer is forgiven for ten seconds since its last answer', async () => {
  const { freshness, answers, pass } = setUp();
  await freshness.confirm();
  answers(async () => {
    throw new Error('no answer');
  });
  pass(9_999);
  await freshness.confirm();
  expect(freshness.live()).toBe(true);
  pass(1);
  expect(freshness.live()).toBe(false);
});

test('an answer proves the moment of its question, and who asked later asks again', async () => {
  const { freshness, asked, answers, pass } = setUp();
  let reply: (current: boolean) => void = () => undefined;
  answers(() => new Promise((resolve) => (reply = resolve)));
  const first = freshness.confirm();
  pass(3_000);
  answers(async () => true);
  const later = freshness.confirm();
  reply(true);
  await first;
  expect(freshness.ageMs()).toBe(3_000);
  await later;
  expect([asked(), freshness.ageMs()]).toEqual([2, 0]);
});
