import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Orphan, OrphanNews } from '../../src/ports/storage/orphans.ts';
import { notificationRequest } from '../../src/services/notifications/request.ts';
import { type ContractStorage, STORAGES } from '../support/storages.ts';

describe.each(STORAGES)('orphans on $name', ({ open }) => {
  let storage: ContractStorage;
  beforeAll(async () => {
    storage = await open();
  });
  afterAll(() => storage.close());

  const orphan = (set: Partial<Orphan> = {}): Orphan => ({
    providerId: `pi_${randomUUID()}`,
    kind: 'hold',
    action: 'release',
    attemptId: randomUUID(),
    ...set,
  });
  const alert = (dedupeKey: string) =>
    notificationRequest({ userId: null, tripId: null, kind: 'ops_alert', dedupeKey });
  const news = ({ providerId }: Orphan, breach: OrphanNews['breach'] = null): OrphanNews => ({
    notification: alert(`orphan:${providerId}`),
    breach,
  });
  const record = (one: Orphan, breach?: OrphanNews['breach']) =>
    storage.orphans.recordIntent(one, news(one, breach));

  test('a new orphan is open and alerted once, with one job; it stays open until its outcome is recorded', async () => {
    const one = orphan();
    const before = (await storage.jobs()).length;
    expect(await record(one)).toBe(true);
    expect(await record(one)).toBe(true);
    expect(await storage.notificationKeys()).toContain(`orphan:${one.providerId}`);
    expect((await storage.jobs()).slice(before).map(({ name }) => name)).toEqual(['notify']);
    await storage.orphans.recordOutcome(one.providerId, 'released');
    expect(await record(one)).toBe(false);
    expect(await record(one)).toBe(false);
    expect(await storage.jobs()).toHaveLength(before + 1);
  });

  test('of twenty who find it at once all may deal with it, and one alerts', async () => {
    const one = orphan();
    const before = (await storage.jobs()).length;
    const open = await Promise.all(Array.from({ length: 20 }, () => record(one)));
    expect(open).toEqual(Array.from({ length: 20 }, () => true));
    expect(await storage.jobs()).toHaveLength(before + 1);
  });

  test('an orphan without a breach leaves the fuse armed; a breach blows it and alerts; the next finds it blown', async () => {
    await record(orphan());
    expect(await storage.fuse.reason()).toBeNull();
    const [first, second] = [
      orphan({ kind: 'order', action: 'human' }),
      orphan({ kind: 'order', action: 'human' }),
    ];
    await record(first, { reason: 'invariant_breach', notification: alert('fuse:first') });
    expect(await storage.fuse.reason()).toBe('invariant_breach');
    await record(second, { reason: 'another', notification: alert('fuse:second') });
    expect(await storage.fuse.reason()).toBe('invariant_breach');
    const keys = await storage.notificationKeys();
    expect(keys).toContain('fuse:first');
    expect(keys).not.toContain('fuse:second');
    expect(keys).toContain(`orphan:${second.providerId}`);
  });
});
