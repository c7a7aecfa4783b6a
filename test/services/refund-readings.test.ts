import { expect, test } from 'vitest';
import type { Refund, RefundStatus } from '../../src/domain/refund.ts';
import type { RefundedPayment, StoredRefund } from '../../src/ports/storage/refunds.ts';
import { decideRefunds } from '../../src/services/refunds/decide.ts';

const NOW = new Date('2026-11-28T12:00:00Z');
const PRICE = { minor: 39_900, currency: 'GBP' };

const read = (id: string, status: Refund['status'], failureReason: string | null = null): Refund => ({
  id,
  status,
  amount: PRICE,
  pendingReason: null,
  failureReason,
  key: `key-${id}`,
  createdAt: NOW,
});

const stored = (id: string, status: RefundStatus): StoredRefund => ({
  id: `row-${id}`,
  providerRefundId: id,
  key: `key-${id}`,
  amount: PRICE,
  status,
  pendingReason: null,
  failureReason: null,
  resolved: false,
  ageMs: 60_000,
});

const cancelled = (refundedMinor: number, refunds: StoredRefund[]): RefundedPayment => ({
  attempt: {
    id: 'attempt',
    tripId: 'trip',
    number: 1,
    status: 'CONFIRMED',
    step: 'done',
    epoch: 3,
    offerId: null,
    orderId: 'ord_1',
    paymentIntentId: 'pi_1',
    correlationId: 'contract',
    userId: 'user',
    amountMinor: PRICE.minor,
  } as unknown as RefundedPayment['attempt'],
  booking: { id: 'booking', status: refundedMinor > 0 ? 'REFUNDED' : 'CANCELLED', refundedMinor },
  cancellation: {
    id: 'cancellation',
    status: 'DONE',
    step: 'done',
    paidElsewhereMinor: 0,
    refundMinor: PRICE.minor,
  },
  refunds,
});

const kinds = ({ notifications }: ReturnType<typeof decideRefunds>) => notifications.map(({ kind }) => kind);

/** A worker may be stopped between reading the bank and writing: what it writes then is older than what is stored. */
test('a reading from before a refund failed changes nothing', () => {
  const late = decideRefunds(cancelled(0, [stored('re_1', 'failed')]), [read('re_1', 'succeeded')], NOW);
  expect(late.booking).toBeUndefined();
  expect(late.changes).toEqual([]);
  expect(kinds(late)).toEqual([]);
});

test('a reading from before the second refund was made changes nothing', () => {
  const payment = cancelled(PRICE.minor, [stored('re_1', 'failed'), stored('re_2', 'succeeded')]);
  const late = decideRefunds(payment, [read('re_1', 'failed', 'insufficient_funds')], NOW);
  expect(late.booking).toBeUndefined();
  expect(late.reopensCancellation).toBeUndefined();
  expect(kinds(late)).toEqual([]);
});

/** Stored by another worker between the saga's last look and its end. */
test('a refund that failed while its cancellation ended is taken up again', () => {
  const failed = read('re_1', 'failed', 'insufficient_funds');
  const again = decideRefunds(cancelled(0, [stored('re_1', 'failed')]), [failed], NOW);
  expect(again.reopensCancellation).toBe(true);
  expect(kinds(again)).toEqual(['refund_update']);
  const resolved = { ...stored('re_1', 'failed'), resolved: true };
  const settled = decideRefunds(cancelled(0, [resolved]), [failed], NOW);
  expect(settled.reopensCancellation).toBeUndefined();
  expect(kinds(settled)).toEqual([]);
});

test('a newer reading counts: a refund that succeeded and fails is taken up again', () => {
  const news = decideRefunds(
    cancelled(PRICE.minor, [stored('re_1', 'succeeded')]),
    [read('re_1', 'failed', 'insufficient_funds')],
    NOW,
  );
  expect(news).toMatchObject({ booking: { refundedMinor: 0 }, reopensCancellation: true });
  expect(kinds(news)).toEqual(['refund_update']);
});
