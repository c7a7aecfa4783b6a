import { expect, test } from 'vitest';
import { createMemoryAttemptDirectory } from '../../sim/memory/attempt-directory.ts';
import { createMemoryNotifications } from '../../sim/memory/notifications.ts';
import { createMemoryOrphans } from '../../sim/memory/orphans.ts';
import { Tables } from '../../sim/memory/tables.ts';
import { systemClock } from '../../src/app/system-clock.ts';
import { createAttemptDirectory } from '../../src/services/booking/directory.ts';
import { reconcileVendors } from '../../src/services/reconciling/vendor-lists.ts';

/** The one page of a list. */
const page = (rows: readonly unknown[]) => ({ rows, unreadable: [], next: null });

/**
 * Found by a seed of the simulator's first million: the airline had made two orders of one request, and the second came to
 * light while the first was still being paid for. Nobody looked again.
 */
test.each(['PENDING', 'SUCCESS'] as const)(
  'a second order of an attempt that is %s is reported',
  async (status) => {
    const tables = new Tables({ now: () => Date.now(), newId: () => 'id' });
    const order = (orderId: string) => ({
      facts: { orderId, bookingReference: 'ABC234', total: { minor: 1, currency: 'GBP' }, ticketNumbers: [] },
      attemptId: 'attempt',
      madeBy: 'us',
      tripId: 'trip',
      cancelled: false,
      offer: null,
    });
    const attempt = {
      id: 'attempt',
      tripId: 'trip',
      status,
      step: 'capture',
      epoch: 1,
      order: order('ord_1').facts,
    };
    tables.attempts.set('attempt', attempt as never);
    const looked = await reconcileVendors(
      {
        directory: createAttemptDirectory({
          store: createMemoryAttemptDirectory(tables),
          afterCommit: () => undefined,
        }),
        orphans: createMemoryOrphans(tables),
        flights: { ordersSince: async () => page([order('ord_1'), order('ord_2')]) } as never,
        payments: { authorizationsSince: async () => page([]) } as never,
        notifications: createMemoryNotifications(tables),
        clock: systemClock,
        afterCommit: () => undefined,
      },
      60_000,
    );
    expect(looked).toMatchObject({ orders: 2, orphans: 1, resumed: 0 });
    expect([...tables.orphans]).toEqual([
      ['ord_2', expect.objectContaining({ kind: 'order', action: 'human' })],
    ]);
  },
);
