import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createMemoryAttemptDirectory } from '../../sim/memory/attempt-directory.ts';
import { Tables } from '../../sim/memory/tables.ts';
import type { Offer } from '../../src/domain/offer.ts';
import { createAttemptDirectory } from '../../src/services/booking/directory.ts';

const order = {
  orderId: 'ord_late',
  bookingReference: 'ABC234',
  total: { minor: 39_900, currency: 'GBP' },
  ticketNumbers: [],
};

test.each([
  ['its booking was cancelled', 'booking_cancelled', 'CANCELLED', 'cancel_order'],
  ['it was cancelled before it was booked', 'cancelled', 'BOOKING', 'capture'],
])('an order turns up for a trip that is CANCELLED because %s', async (_why, code, status, step) => {
  const tables = new Tables({ now: () => 0, newId: randomUUID });
  const tripId = randomUUID();
  const outcome = { code, message: '' };
  tables.trips.set(tripId, {
    id: tripId,
    userId: 'u',
    correlationId: 'c',
    status: 'CANCELLED',
    outcome,
  } as never);
  tables.trip(tripId).mandate = order.total;
  const directory = createAttemptDirectory({
    store: createMemoryAttemptDirectory(tables),
    afterCommit: () => undefined,
  });
  const found = { step: 'capture', order, offer: {} as Offer, paymentIntentId: 'pi_late' } as const;
  expect(await directory.importOrphan({ id: randomUUID(), tripId }, found, 'test')).toBe('imported');
  expect(tables.trip(tripId).status).toBe(status);
  expect(tables.attemptsOf(tripId)).toMatchObject([{ step }]);
});
