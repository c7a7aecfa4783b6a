import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AttemptSummary } from '../../src/ports/storage/attempt-directory.ts';
import { toOutboxJob } from '../../src/queues/outbox/jobs.ts';
import { type ContractStorage, STORAGES } from '../support/storages.ts';

const OUTCOME = { code: 'booking', message: 'Found.' };

describe.each(STORAGES)('the attempt directory on $name', ({ open }) => {
  let storage: ContractStorage;
  beforeAll(async () => {
    storage = await open();
  });
  afterAll(() => storage.close());

  const trip = (status: 'PENDING' | 'BOOKING' | 'FAILED') =>
    storage.addTrip({ searchKey: randomUUID(), userId: randomUUID(), status });
  const summary = async (id: string) => (await storage.directory.byIds([id]))[0] as AttemptSummary;

  test('attempts are found by id; unknown ids and empty references find none', async () => {
    const { id: tripId } = await trip('BOOKING');
    const id = await storage.addAttempt(tripId);
    expect(await storage.directory.byIds([id, randomUUID()])).toEqual([
      expect.objectContaining({ id, tripId, number: 1, status: 'PENDING', step: 'reprice', orderId: null }),
    ]);
    expect(await storage.directory.byIds([])).toEqual([]);
    expect(await storage.directory.findByRefs({})).toBeUndefined();
    expect(await storage.directory.findByRefs({ attemptId: id })).toMatchObject({ id });
    expect(await storage.directory.findByRefs({ orderId: 'ord_nobody' })).toBeUndefined();
  });

  test('reopening raises the epoch, stores the patch, and is found by what it stored', async () => {
    const { id: tripId, userId } = await trip('FAILED');
    const id = await storage.addAttempt(tripId, 'FAILED');
    const paymentIntentId = `pi_${randomUUID()}`;
    const before = await summary(id);
    const reopened = await storage.directory.transaction((trx) =>
      trx.reopen(before, { step: 'void', paymentIntentId }),
    );
    expect(reopened).toBe(userId);
    expect(await storage.directory.findByRefs({ paymentIntentId })).toMatchObject({
      id,
      status: 'PENDING',
      step: 'void',
      epoch: before.epoch + 1,
    });
    expect(
      await storage.directory.transaction((trx) => trx.reopen(before, { step: 'void' })),
    ).toBeUndefined();
  });

  test('a second live attempt of a trip is refused, and nothing of its transaction stays', async () => {
    const { id: tripId, userId } = await trip('BOOKING');
    const old = await storage.addAttempt(tripId, 'FAILED');
    await storage.addAttempt(tripId);
    const before = await summary(old);
    const jobs = (await storage.jobs()).length;
    const result = await storage.directory.transaction(async (trx) => {
      await trx.audit({ userId, tripId, type: 'booking.reopened', actor: 'worker' });
      await trx.enqueue(toOutboxJob('book', { attemptId: old, tripId, number: 1, nudge: 'x' }));
      return trx.reopen(before, { step: 'void' });
    });
    expect(result).toBeUndefined();
    expect(await summary(old)).toEqual(before);
    expect(await storage.jobs()).toHaveLength(jobs);
    expect((await storage.auditLog(tripId)).map(({ type }) => type)).not.toContain('booking.reopened');
  });

  test('an imported attempt has the next number, its job and its entry; its trip moves', async () => {
    const { id: tripId, userId } = await trip('FAILED');
    await storage.addAttempt(tripId, 'FAILED');
    const id = randomUUID();
    const number = await storage.directory.transaction(async (trx) => {
      const locked = await trx.lockTrip(tripId);
      expect(locked).toMatchObject({ autoBookStatus: 'FAILED', userId, correlationId: 'contract' });
      expect(await trx.moveTrip(tripId, { from: ['PENDING'], to: 'BOOKING', outcome: OUTCOME })).toBe(false);
      expect(await trx.moveTrip(tripId, { from: ['FAILED'], to: 'BOOKING', outcome: OUTCOME })).toBe(true);
      const next = await trx.insert({
        id,
        tripId,
        userId,
        correlationId: 'contract',
        patch: { step: 'void', paymentIntentId: `pi_${id}` },
      });
      await trx.audit({ userId, tripId, attemptId: id, type: 'booking.reopened', actor: 'worker' });
      await trx.enqueue(toOutboxJob('book', { attemptId: id, tripId, number: next, nudge: 'list' }));
      return next;
    });
    expect(number).toBe(2);
    expect(await summary(id)).toMatchObject({ number: 2, status: 'PENDING', step: 'void' });
    expect((await storage.trip(tripId)).status).toBe('BOOKING');
    expect((await storage.auditLog(tripId)).at(-1)?.type).toBe('booking.reopened');
    expect((await storage.jobs()).at(-1)).toMatchObject({ name: 'book', payload: { attemptId: id } });
    expect(await storage.directory.transaction((trx) => trx.lockTrip(randomUUID()))).toBeUndefined();
  });
});
