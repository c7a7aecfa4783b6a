import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Attempt } from '../../src/domain/attempt.ts';
import { Fenced } from '../../src/errors.ts';
import type { OrderNews } from '../../src/ports/storage/attempt-directory.ts';
import type { Claim } from '../../src/ports/storage/saga.ts';
import { notificationRequest } from '../../src/services/notifications/request.ts';
import { ATTEMPT_STORAGES, type AttemptStorage, offer, step, workersOn } from '../support/attempts.ts';

const HOUR = 3_600_000;

describe.each(ATTEMPT_STORAGES)('attempts that wait for an order on $name', ({ open }) => {
  let storage: AttemptStorage;
  beforeAll(async () => {
    storage = await open();
  });
  afterAll(() => storage.close());

  const claim = async (id: string) => (await storage.store.claim(id)) as Claim<Attempt>;
  const wake = (id: string, news: OrderNews = {}) =>
    storage.directory.transaction((trx) => trx.wake(id, news));

  /** An attempt whose order call was recorded, and answered with nothing certain. */
  async function looking(): Promise<{ attempt: Attempt; id: string }> {
    const { attemptId: id } = await storage.startAttempt();
    const { attempt, session } = await workersOn(storage).claim(id);
    await session.recordIntent(attempt, 'order', {}, 'once');
    const moved = await session.advance(
      attempt,
      step('settle', {
        patch: { offer: offer() },
        recorded: { step: 'order', outcome: 'unknown', result: { orderId: `ord_answer_${id}` } },
      }),
    );
    return { attempt: moved, id };
  }

  test('nobody claims one before its time, however many jobs it has', async () => {
    const { attempt, id } = await looking();
    await storage.store.release(attempt, HOUR);
    expect(await storage.store.claim(id)).toBeNull();
  });

  test('a short wait is no bar: workers’ clocks differ', async () => {
    const { attempt, id } = await looking();
    await storage.store.release(attempt, 5_000);
    expect(await claim(id)).toMatchObject({ subject: { id } });
  });

  test('one that was woken is claimed at once, and waits no more', async () => {
    const { attempt, id } = await looking();
    await storage.store.release(attempt, HOUR);
    expect(await wake(id)).toBe(true);
    const { subject } = await claim(id);
    await storage.store.release(subject);
    expect(await claim(id)).not.toBeNull();
  });

  test('what the seller named is there for whoever claims it next, once', async () => {
    const { attempt, id } = await looking();
    await storage.store.release(attempt, HOUR);
    const [first, second] = [`ord_${randomUUID()}`, `ord_${randomUUID()}`];
    for (const orderId of [first, second, second]) await wake(id, { orderId });
    await wake(id, { failed: true });
    const { subject, intents } = await claim(id);
    expect([...subject.hintedOrderIds].sort()).toEqual([first, second].sort());
    expect(subject.orderFailedAt).toBeInstanceOf(Date);
    expect(subject.releaseRequestedAt).toBeNull();
    expect(intents).toMatchObject([{ step: 'order', outcome: 'unknown', orderId: `ord_answer_${id}` }]);
  });

  test('news fences the worker that is looking the order up; being requeued does not', async () => {
    const { attempt, id } = await looking();
    await wake(id);
    await storage.store.renew(attempt);
    await wake(id, { orderId: 'ord_late' });
    await expect(storage.store.renew(attempt)).rejects.toThrow(Fenced);
    expect((await claim(id)).subject).toMatchObject({ epoch: attempt.epoch + 2 });
  });

  test('before its order call was answered, news waits for the worker that makes it', async () => {
    const { attemptId } = await storage.startAttempt();
    const { subject } = await claim(attemptId);
    await wake(attemptId, { orderId: 'ord_early' });
    await storage.store.release(subject);
    expect((await claim(attemptId)).subject.hintedOrderIds).toEqual(['ord_early']);
  });

  test('one that waits for its traveller has a later deadline, told them with that step, and is fenced by any news', async () => {
    const { attemptId: id } = await storage.startAttempt();
    const { attempt, session } = await workersOn(storage).claim(id);
    const deadline = new Date(Math.floor(Date.now() / 1_000) * 1_000 + HOUR);
    const { userId, tripId, correlationId } = attempt;
    const kind = 'confirm_payment' as const;
    const mail = { userId, tripId, kind, dedupeKey: `${kind}:${id}`, data: {}, correlationId };
    const moved = await session.advance(
      attempt,
      step('confirm_payment', { patch: { deadline }, notifications: [notificationRequest(mail)] }),
    );
    expect(await storage.notified(tripId)).toEqual([kind]);
    expect(await wake(id)).toBe(true);
    await expect(storage.store.renew(moved)).rejects.toThrow(Fenced);
    expect((await claim(id)).subject).toMatchObject({ step: 'confirm_payment', deadline });
  });

  test('one that is over takes no news', async () => {
    const { attempt, id } = await looking();
    await storage.store.release(attempt);
    const workers = workersOn(storage);
    await workers.finish(await workers.claim(id), {
      kind: 'compensated',
      compensation: { code: 'order_unconfirmed', message: '', to: 'failed' },
    });
    expect(await wake(id, { orderId: 'ord_x' })).toBe(false);
  });
});
