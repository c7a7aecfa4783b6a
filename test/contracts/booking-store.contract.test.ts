import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toOutboxJob } from '../../src/queues/outbox/jobs.ts';
import { CANCELLATION_STORAGES, type CancellationStorage } from '../support/cancellations.ts';

describe.each(CANCELLATION_STORAGES)('bookings on $name', ({ open }) => {
  let storage: CancellationStorage;
  beforeAll(async () => {
    storage = await open();
  });
  afterAll(() => storage.close());

  const add = async () => {
    const added = await storage.addRequestedBooking();
    return { ...added, userId: await storage.userOf(added.bookingId) };
  };
  const entry = (userId: string, tripId: string) => ({
    userId,
    tripId,
    type: 'booking.cancel_requested' as const,
    actor: `user:${userId}`,
    correlationId: 'contract',
  });

  test('a request is noted on the own booking; another user has no such booking', async () => {
    const { bookingId, userId } = await add();
    const [own, others] = await Promise.all(
      [userId, `not-${userId}`].map((user) =>
        storage.bookings.transaction(user, (trx) => trx.requestCancellation(bookingId)),
      ),
    );
    expect(own).toMatchObject({
      id: bookingId,
      status: 'CONFIRMED',
      price: { minor: 39_900, currency: 'GBP' },
    });
    expect(others).toBeUndefined();
  });

  test('a booking has one live cancellation; the next is numbered on once that is over', async () => {
    const { bookingId, userId } = await add();
    const insert = () =>
      storage.bookings.transaction(userId, (trx) => trx.insertCancellation(bookingId, 'contract'));
    const live = () => storage.bookings.transaction(userId, (trx) => trx.liveCancellation(bookingId));
    expect(await live()).toBeUndefined();
    expect(await insert()).toBe(1);
    expect(await insert()).toBeUndefined();
    expect(await live()).toBe('PENDING');
    await storage.endCancellation(bookingId);
    expect(await live()).toBeUndefined();
    expect(await insert()).toBe(2);
  });

  test('of ten transactions at once one inserts the cancellation', async () => {
    const { bookingId, userId } = await add();
    const numbers = await Promise.all(
      Array.from({ length: 10 }, () =>
        storage.bookings.transaction(userId, (trx) => trx.insertCancellation(bookingId, 'contract')),
      ),
    );
    expect(numbers.filter((number) => number !== undefined)).toEqual([1]);
  });

  test('entries and jobs commit with the transaction, and roll back with it', async () => {
    const { bookingId, tripId, userId } = await add();
    const job = toOutboxJob('cancel-booking', { bookingId });
    const work = (fails: boolean) =>
      storage.bookings.transaction(userId, async (trx) => {
        await trx.insertCancellation(bookingId, 'contract');
        await trx.audit(entry(userId, tripId));
        await trx.enqueue(job);
        if (fails) throw new Error('rolled back');
      });
    await expect(work(true)).rejects.toThrow('rolled back');
    expect(await storage.auditLog(tripId)).toEqual([]);
    expect(await storage.jobIds()).not.toContain(job.jobId);
    await work(false);
    expect(await storage.auditLog(tripId)).toEqual(['booking.cancel_requested']);
    expect(await storage.jobIds()).toContain(job.jobId);
  });

  test('the outbox stores jobs in their order, and the same id as often as it is enqueued', async () => {
    const [first, second] = [randomUUID(), randomUUID()].map((bookingId) =>
      toOutboxJob('cancel-booking', { bookingId }),
    ) as [ReturnType<typeof toOutboxJob>, ReturnType<typeof toOutboxJob>];
    const before = (await storage.jobIds()).length;
    await storage.outbox.enqueue([first, second]);
    await storage.outbox.enqueue([]);
    await storage.outbox.enqueue([first]);
    expect((await storage.jobIds()).slice(before)).toEqual([first.jobId, second.jobId, first.jobId]);
  });
});
