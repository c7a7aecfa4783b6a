import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WebhookEvent } from '../../src/ports/webhooks.ts';
import { toOutboxJob } from '../../src/queues/outbox/jobs.ts';
import { type ContractStorage, STORAGES } from '../support/storages.ts';

describe.each(STORAGES)('webhook events on $name', ({ open }) => {
  let storage: ContractStorage;
  beforeAll(async () => {
    storage = await open();
  });
  afterAll(() => storage.close());

  const event = (set: Partial<WebhookEvent> = {}): WebhookEvent => {
    const eventId = `evt_${randomUUID()}`;
    const refs = { paymentIntentId: `pi_${eventId}` };
    return { provider: 'stripe', eventId, type: 'charge.captured', dedupeKey: eventId, refs, ...set };
  };
  const insert = (one: WebhookEvent) => {
    const { provider, eventId } = one;
    return storage.events.insert(one, toOutboxJob('webhook', { provider, eventId }));
  };
  const jobsOf = async (eventId: string) =>
    (await storage.jobs()).filter(({ payload }) => payload.eventId === eventId);

  test('an event is stored with its ids and one job; the same event again is stored no second time', async () => {
    const one = event();
    await insert(one);
    await insert({ ...one, dedupeKey: 'another' });
    expect(await storage.events.find('stripe', one.eventId)).toEqual({ refs: one.refs, processed: false });
    expect(await jobsOf(one.eventId)).toEqual([
      { name: 'webhook', payload: { provider: 'stripe', eventId: one.eventId }, correlationId: null },
    ]);
  });

  test('of twenty deliveries at once one leaves a job', async () => {
    const one = event();
    await Promise.all(Array.from({ length: 20 }, () => insert(one)));
    expect(await jobsOf(one.eventId)).toHaveLength(1);
  });

  test('the same news under another id is not stored, and leaves no job', async () => {
    const first = event();
    const again = event({ dedupeKey: first.dedupeKey });
    await insert(first);
    await insert(again);
    expect(await storage.events.find('stripe', again.eventId)).toBeUndefined();
    expect(await jobsOf(again.eventId)).toEqual([]);
  });

  test('ids and keys are the provider’s own: another provider’s are other events', async () => {
    const one = event();
    const other = { ...one, provider: 'duffel' as const, refs: { orderId: 'ord_1' } };
    await insert(one);
    await insert(other);
    await storage.events.close('stripe', one.eventId, 'handled');
    expect(await storage.events.find('stripe', one.eventId)).toMatchObject({ processed: true });
    expect(await storage.events.find('duffel', one.eventId)).toEqual({ refs: other.refs, processed: false });
    expect(await jobsOf(one.eventId)).toHaveLength(2);
  });

  test('a closed event reads as processed, and is stored no second time', async () => {
    const one = event();
    await insert(one);
    await storage.events.close('stripe', one.eventId, 'nudged');
    await insert(one);
    expect(await storage.events.find('stripe', one.eventId)).toEqual({ refs: one.refs, processed: true });
    expect(await jobsOf(one.eventId)).toHaveLength(1);
    expect(await storage.events.find('stripe', 'evt_unknown')).toBeUndefined();
  });
});
