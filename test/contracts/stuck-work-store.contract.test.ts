import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toOutboxJob } from '../../src/queues/outbox/jobs.ts';
import { notificationRequest } from '../../src/services/notifications/request.ts';
import { type ContractStorage, STORAGES } from '../support/storages.ts';

const MINUTE = 60_000;
const LIMIT = 10;

describe.each(STORAGES)('stuck work on $name', ({ open }) => {
  let storage: ContractStorage;
  beforeEach(async () => {
    storage = await open();
  });
  afterEach(() => storage.close());

  const startAttempt = async () => {
    const { id: tripId } = await storage.addTrip({ searchKey: 'key', status: 'BOOKING' });
    return storage.addAttempt(tripId);
  };
  const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);
  const abandoned = async (idleMs = MINUTE, limit = LIMIT) =>
    ids(await storage.stuckWork.abandonedAttempts(idleMs, limit));

  test('an attempt nobody claims is abandoned once it has not changed for as long as asked', async () => {
    const id = await startAttempt();
    await storage.timePasses(MINUTE / 2);
    expect(await abandoned()).toEqual([]);
    await storage.timePasses(MINUTE);
    const [found] = await storage.stuckWork.abandonedAttempts(MINUTE, LIMIT);
    expect(found).toEqual({
      id,
      tripId: expect.any(String),
      number: 1,
      status: 'PENDING',
      step: 'reprice',
      epoch: 0,
      correlationId: 'contract',
      paymentIntentId: null,
      orderId: null,
    });
  });

  test('a claimed attempt is abandoned as soon as its claim lapses, and no sooner', async () => {
    const id = await startAttempt();
    await storage.claimAttempt(id, 5 * MINUTE);
    await storage.timePasses(4 * MINUTE);
    expect(await abandoned()).toEqual([]);
    await storage.timePasses(MINUTE + 1_000);
    expect(await abandoned(60 * MINUTE)).toEqual([id]);
  });

  test('a finished attempt is neither abandoned nor overdue', async () => {
    const id = await startAttempt();
    await storage.finishAttempt(id);
    await storage.timePasses(60 * MINUTE);
    expect(await abandoned()).toEqual([]);
    expect(await storage.stuckWork.overdueAttempts(MINUTE, LIMIT)).toEqual([]);
  });

  test('abandoned attempts come oldest first, up to the limit', async () => {
    const all: string[] = [];
    for (let made = 0; made < 3; made += 1) {
      all.push(await startAttempt());
      await storage.timePasses(1_000);
    }
    await storage.timePasses(2 * MINUTE);
    expect(await abandoned(MINUTE, 2)).toEqual(all.slice(0, 2));
    expect(await abandoned()).toEqual(all);
  });

  test('an attempt is overdue by its start, whether or not a worker has claimed it', async () => {
    const [claimed, free] = [await startAttempt(), await startAttempt()];
    await storage.timePasses(15 * MINUTE);
    await storage.claimAttempt(claimed, MINUTE);
    const young = await startAttempt();
    const overdue = await storage.stuckWork.overdueAttempts(14 * MINUTE, LIMIT);
    expect(new Set(ids(overdue))).toEqual(new Set([claimed, free]));
    expect(ids(overdue)).not.toContain(young);
    expect(overdue[0]).toEqual({
      id: expect.any(String),
      tripId: expect.any(String),
      userId: 'user',
      step: 'reprice',
      correlationId: 'contract',
    });
    expect(await storage.stuckWork.overdueAttempts(14 * MINUTE, 1)).toHaveLength(1);
  });

  const notify = async (dedupeKey: string) => {
    const tripId = null;
    const request = { userId: null, tripId, kind: 'ops_alert' as const, dedupeKey, correlationId: 'one' };
    await storage.notifications.enqueue([notificationRequest(request)]);
  };
  const unsent = (limit = LIMIT) => storage.stuckWork.unsentNotifications(MINUTE, limit);

  test('a notification is unsent once it is old; while a worker sends it, and once it is sent, it is not', async () => {
    await notify('late');
    await storage.timePasses(MINUTE / 2);
    expect(await unsent()).toEqual([]);
    await storage.timePasses(MINUTE);
    await notify('fresh');
    const [job] = await storage.jobs();
    expect(await unsent()).toEqual([{ id: job?.payload.notificationId, correlationId: 'one' }]);
    await storage.claimNotification('late', MINUTE);
    expect(await unsent()).toEqual([]);
    await storage.timePasses(MINUTE + 1_000);
    await storage.closeNotification('fresh');
    expect(await unsent()).toHaveLength(1);
    await storage.closeNotification('late');
    expect(await unsent()).toEqual([]);
  });

  test('no more notifications are read than asked for', async () => {
    for (const key of ['a', 'b', 'c']) await notify(key);
    await storage.timePasses(2 * MINUTE);
    expect(await unsent(2)).toHaveLength(2);
  });

  const receive = (eventId: string) =>
    storage.events.insert(
      { provider: 'duffel', eventId, type: 'order.created', dedupeKey: eventId, refs: {} },
      toOutboxJob('webhook', { provider: 'duffel', eventId }),
    );
  const unprocessed = (limit = LIMIT) => storage.stuckWork.unprocessedEvents(MINUTE, limit);

  test('an event is unprocessed once it is old, until it is closed', async () => {
    const late = randomUUID();
    await receive(late);
    await storage.timePasses(MINUTE / 2);
    expect(await unprocessed()).toEqual([]);
    await storage.timePasses(MINUTE);
    await receive(randomUUID());
    expect(await unprocessed()).toEqual([{ provider: 'duffel', eventId: late }]);
    await storage.events.close('duffel', late, 'nudged');
    expect(await unprocessed()).toEqual([]);
  });

  test('no more events are read than asked for', async () => {
    for (let made = 0; made < 3; made += 1) await receive(randomUUID());
    await storage.timePasses(2 * MINUTE);
    expect(await unprocessed(2)).toHaveLength(2);
  });
});
