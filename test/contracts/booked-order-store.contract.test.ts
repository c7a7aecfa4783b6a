import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BookedOrder, NewChange, OrderNews } from '../../src/ports/storage/booked-orders.ts';
import { BOOKED_ORDER_STORAGES, type BookedOrderStorage, type BookedRow } from '../support/booked-orders.ts';

const HOUR_MS = 3_600_000;
const NOTHING: OrderNews = {
  nextLookAt: null,
  decided: [],
  added: [],
  cancelledByAirline: false,
  events: [],
  notifications: [],
  jobs: [],
};
const change = (number: number, changeId: string | null = `aic_${number}`): NewChange => ({
  changeId,
  number,
  before: [],
  after: [],
  actions: ['accept'],
  state: 'OPEN',
});

describe.each(BOOKED_ORDER_STORAGES)('booked orders on $name', ({ open }) => {
  let storage: BookedOrderStorage;
  beforeAll(async () => {
    storage = await open();
  });
  afterAll(() => storage.close());

  const reading = async ({ orderId }: BookedRow) => {
    const opened = await storage.store.open(orderId);
    if (!opened) throw new Error('not followed');
    return opened;
  };
  /** Writes a reading. @returns what stood before it */
  async function write(row: BookedRow, news: Partial<OrderNews>): Promise<BookedOrder> {
    let seen: BookedOrder | undefined;
    const outcome = await storage.store.record(await reading(row), (order) => {
      seen = order;
      return { ...NOTHING, ...news };
    });
    expect(outcome).toBe('recorded');
    return seen as BookedOrder;
  }
  async function withOpenChange(): Promise<BookedRow & { changeId: string }> {
    const row = await storage.add();
    await write(row, { added: [change(1)] });
    const { changes } = await write(row, {});
    return { ...row, changeId: changes[0]?.id ?? '' };
  }
  const ask = ({ userId, changeId }: BookedRow & { changeId: string }) =>
    storage.bookings.transaction(userId, (trx) => trx.requestAcceptance(changeId));

  test('of two readings the one that was asked for later counts, whichever comes first', async () => {
    const row = await storage.add();
    const earlier = await reading(row);
    const later = await reading(row);
    const record = (opened: typeof earlier, ticket: string) =>
      storage.store.record(opened, () => ({ ...NOTHING, ticketNumbers: [ticket] }));
    expect(await record(later, '2')).toBe('recorded');
    expect(await record(earlier, '1')).toBe('older');
    expect((await write(row, {})).ticketNumbers).toEqual(['2']);
  });

  test('a cancelled booking is not followed, and a reading that was under way changes nothing', async () => {
    const row = await storage.add();
    const opened = await reading(row);
    await storage.cancel(row.bookingId);
    expect(await storage.store.record(opened, () => NOTHING)).toBe('over');
    expect(await storage.store.open(row.orderId)).toBeUndefined();
  });

  test('an order is due once, and again in ten minutes unless a reading says otherwise', async () => {
    const row = await storage.add();
    const due = async () => (await storage.store.due(1_000)).includes(row.orderId);
    const both = await Promise.all([due(), due()]);
    expect(both.filter(Boolean)).toHaveLength(1);
    await storage.timePasses(9 * 60_000);
    expect(await due()).toBe(false);
    await storage.timePasses(2 * 60_000);
    expect(await due()).toBe(true);
    await write(row, { nextLookAt: null });
    await storage.timePasses(48 * HOUR_MS);
    expect(await due()).toBe(false);
  });

  test('a later change takes the place of the open one; a booking has one open change', async () => {
    const row = await withOpenChange();
    await write(row, { decided: [{ id: row.changeId, state: 'SUPERSEDED' }], added: [change(2)] });
    const { changes } = await write(row, {});
    expect(changes.map(({ number, state }) => [number, state])).toEqual([
      [1, 'SUPERSEDED'],
      [2, 'OPEN'],
    ]);
    await expect(write(row, { added: [change(3)] })).rejects.toThrow(/order_changes_one_open/);
    const again = { ...change(3, 'aic_2'), state: 'SUPERSEDED' as const };
    await expect(write(row, { added: [again] })).rejects.toThrow(/order_changes_booking_id_change_id_key/);
  });

  test('an order that the airline cancelled gets one cancellation, asked for by the airline', async () => {
    const row = await storage.add();
    await write(row, { cancelledByAirline: true });
    const { cancellation } = await write(row, { cancelledByAirline: true });
    expect(cancellation).toBe('PENDING');
  });

  test('an acceptance is claimed only when it was asked for, by one worker at a time, and counts its tries', async () => {
    const row = await withOpenChange();
    const { store } = storage;
    expect(await store.claimAcceptance(row.changeId)).toBeUndefined();
    await ask(row);
    const claims = await Promise.all(Array.from({ length: 8 }, () => store.claimAcceptance(row.changeId)));
    const [claim, ...others] = claims.filter((one) => one !== undefined);
    expect(others).toEqual([]);
    expect(claim).toMatchObject({ id: row.changeId, changeId: 'aic_1', orderId: row.orderId, tries: 1 });
    // Its worker died: another takes over once the claim has lapsed.
    await storage.timePasses(2 * 60_000);
    const abandoned = await store.abandonedAcceptances(75_000, 100);
    expect(abandoned).toContainEqual({ id: row.changeId, tries: 1 });
    const second = await store.claimAcceptance(row.changeId);
    expect(second?.tries).toBe(2);
    if (second) await store.releaseAcceptance(second);
    expect((await store.claimAcceptance(row.changeId))?.tries).toBe(3);
  });

  test('an answer closes it: it is not claimed again, and the order is due for a look', async () => {
    const row = await withOpenChange();
    const { store } = storage;
    await ask(row);
    const claim = await store.claimAcceptance(row.changeId);
    if (!claim) throw new Error('not claimed');
    await store.closeAcceptance(claim, {
      outcome: 'asked',
      notify: () => ({ events: [], notifications: [] }),
    });
    await storage.timePasses(2 * 60_000);
    expect(await store.claimAcceptance(row.changeId)).toBeUndefined();
    expect(await store.due(1_000)).toContain(row.orderId);
    expect((await write(row, {})).changes[0]).toMatchObject({ state: 'OPEN', acceptOutcome: 'asked' });
  });

  test('a decided change is not accepted', async () => {
    const row = await withOpenChange();
    await ask(row);
    await write(row, { decided: [{ id: row.changeId, state: 'DECLINED' }] });
    expect(await storage.store.claimAcceptance(row.changeId)).toBeUndefined();
  });
});
