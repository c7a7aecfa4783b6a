import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CASE_STORAGES, type CaseStorage } from '../support/case-storages.ts';

/** The simulator decides one after the other; Postgres must see to that itself. */
let storage: CaseStorage;
beforeAll(async () => {
  const postgres = CASE_STORAGES.find(({ name }) => name === 'Postgres');
  if (!postgres) throw new Error('there is no storage on Postgres');
  storage = await postgres.open();
});
afterAll(() => storage.close());

/** Decides about a case of this attempt; each decision notes when it begins and when it is about to end. */
function decide(attemptId: string, kind: 'refund' | 'cancellation', notes: string[]): Promise<void> {
  const one = { id: randomUUID(), kind, attemptId };
  return storage.cases.transaction(one, async (trx) => {
    notes.push(`${one.id} begins`);
    await trx.read();
    await trx.recordTaker('ada', 'a version');
    notes.push(`${one.id} ends`);
  });
}

test('decisions about two cases of one payment at once come one after the other', async () => {
  const attemptId = await storage.addAttempt('NEEDS_HUMAN', 1_000);
  const notes: string[] = [];
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => decide(attemptId, index % 2 ? 'refund' : 'cancellation', notes)),
  );
  const ids = notes.map((note) => note.split(' ')[0]);
  expect(ids.filter((_, index) => index % 2 === 0)).toEqual(ids.filter((_, index) => index % 2 === 1));
});
