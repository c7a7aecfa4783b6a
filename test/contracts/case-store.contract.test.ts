import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenCase, ORDER_CASE_AFTER_MS } from '../../src/domain/case.ts';
import { Fenced } from '../../src/errors.ts';
import type { CaseActionRecord } from '../../src/ports/storage/cases.ts';
import { toOutboxJob } from '../../src/queues/outbox/jobs.ts';
import { CASE_STORAGES, type CaseStorage } from '../support/case-storages.ts';

const LONG_MS = ORDER_CASE_AFTER_MS + 60_000;

describe.each(CASE_STORAGES)('cases on $name', ({ open }) => {
  let storage: CaseStorage;
  beforeAll(async () => {
    storage = await open();
  });
  afterAll(() => storage.close());

  const read = async (id: string) => (await storage.cases.find(id)) as OpenCase;
  const reopen = (one: OpenCase) =>
    storage.cases.transaction(one, (trx) =>
      trx.reopenAttempt(one, { step: 'void', caseTerms: {} }, 'stated_none'),
    );
  const decision = (one: OpenCase, state: CaseActionRecord['state'] = 'DONE'): CaseActionRecord => ({
    id: randomUUID(),
    caseId: one.id,
    version: one.version,
    action: 'release',
    statement: { noOrder: true },
    reason: 'a test',
    actor: 'ada',
    secondActor: null,
    state,
  });

  test('what waits for a person is open; an order that is looked up is so only after a while', async () => {
    const [waits, long, short] = [
      await storage.addAttempt('NEEDS_HUMAN', 1_000),
      await storage.addAttempt('PENDING', LONG_MS),
      await storage.addAttempt('PENDING', ORDER_CASE_AFTER_MS - 60_000),
    ];
    const ids = (await storage.cases.open(100)).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([waits, long]));
    expect(ids).not.toContain(short);
    expect(await read(waits)).toMatchObject({ version: 'e0-0', code: 'unknown', step: 'settle' });
    expect(await read(long)).toMatchObject({ version: 'looking-up-0', code: 'order_unknown' });
  });

  test('a decision raises the epoch: the worker that was at the attempt is fenced', async () => {
    const id = await storage.addAttempt('PENDING', LONG_MS);
    const claim = await storage.attempts.claim(id);
    if (!claim) throw new Error('nobody had claimed it');
    expect(await reopen(await read(id))).toMatchObject({ number: 1 });
    expect(await storage.attempt(id)).toEqual({ status: 'PENDING', step: 'void', epoch: 2 });
    await expect(storage.attempts.renew(claim.subject)).rejects.toThrow(Fenced);
  });

  test('the worker went on to another step first: the decision changes nothing', async () => {
    const id = await storage.addAttempt('PENDING', LONG_MS);
    const one = await read(id);
    await storage.setStep(id, 'capture');
    expect(await reopen(one)).toBeUndefined();
    expect(await storage.attempt(id)).toEqual({ status: 'PENDING', step: 'capture', epoch: 0 });
  });

  test('a worker claims while a person decides: one of the two goes on, whoever came first', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = await storage.addAttempt('PENDING', LONG_MS);
      const one = await read(id);
      const [claim, reopened] = await Promise.all([storage.attempts.claim(id), reopen(one)]);
      expect(reopened).toBeDefined();
      expect((await storage.attempt(id)).step).toBe('void');
      const renewed = claim
        ? storage.attempts.renew(claim.subject).then(
            () => 'went on',
            (error: unknown) => error,
          )
        : null;
      // Who claimed before the decision is fenced; who claimed after it carries it out.
      if (claim?.subject.step === 'settle') expect(await renewed).toBeInstanceOf(Fenced);
      else if (claim) expect(await renewed).toBe('went on');
    }
  });

  test('one decision for each version; what throws leaves nothing behind', async () => {
    const one = await read(await storage.addAttempt('NEEDS_HUMAN', 1_000));
    const failing = storage.cases.transaction(one, async (trx) => {
      await trx.recordAction(decision(one));
      await trx.reopenAttempt(one, { step: 'void', caseTerms: {} }, null);
      throw new Error('in the middle');
    });
    await expect(failing).rejects.toThrow('in the middle');
    expect(await storage.cases.lastAction(one.id)).toBeUndefined();
    expect(await read(one.id)).toMatchObject({ version: one.version });
    const record = () => storage.cases.transaction(one, (trx) => trx.recordAction(decision(one)));
    expect((await Promise.all([record(), record(), record()])).filter(Boolean)).toHaveLength(1);
    expect(await storage.cases.lastAction(one.id)).toMatchObject({ actor: 'ada', version: one.version });
    expect((await read(one.id)).version).toBe('e0-1');
  });

  test('an orphan’s decision is under way until it is finished, with its jobs; then the case is gone', async () => {
    const id = `pi_${randomUUID().replaceAll('-', '')}`;
    await storage.addOrphan(id);
    const one = await read(id);
    const action = decision(one, 'ACCEPTED');
    await storage.cases.transaction(one, (trx) => trx.recordAction(action));
    expect((await read(id)).underWay).toBe('release');
    const accepted = await storage.cases.accepted(action.id);
    if (!accepted) throw new Error('it is to be carried out');
    const jobs = [toOutboxJob('follow-payment', { paymentIntentId: id })];
    const before = (await storage.jobNames()).length;
    for (let times = 0; times < 2; times += 1)
      await storage.cases.finish(accepted, { state: 'DONE', outcome: 'released', jobs });
    expect((await storage.jobNames()).slice(before)).toEqual(['follow-payment']);
    expect(await storage.cases.find(id)).toBeUndefined();
    expect(await storage.cases.accepted(action.id)).toBeUndefined();
  });
});
