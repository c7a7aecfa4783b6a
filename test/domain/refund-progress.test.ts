import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refundProgress, refundState, type StoredRefund } from '../../src/domain/refund-progress.ts';

const refund = (minor: number, status: string, resolved = false): StoredRefund => ({
  minor,
  status,
  resolved,
});
const STATUSES = ['requested', 'pending', 'requires_action', 'succeeded', 'failed', 'canceled'];

describe('how far a refund is', () => {
  test.each([
    ['an unknown amount', null, [], 'unknown'],
    ['nothing owed', 0, [], 'none'],
    ['nothing seen at the bank', 100, [], 'requested'],
    ['recorded, not seen at the bank', 100, [refund(100, 'requested')], 'requested'],
    ['pending', 100, [refund(100, 'pending')], 'pending'],
    ['waiting for somebody', 100, [refund(100, 'requires_action')], 'pending'],
    ['confirmed', 100, [refund(100, 'succeeded')], 'arrived'],
    ['confirmed in part', 100, [refund(40, 'succeeded'), refund(60, 'pending')], 'pending'],
    ['failed', 100, [refund(100, 'failed')], 'failed'],
    ['failed in part', 100, [refund(40, 'succeeded'), refund(60, 'canceled')], 'failed'],
    ['failed, and asked for again', 100, [refund(100, 'failed'), refund(100, 'pending')], 'pending'],
    ['failed, and refunded again', 100, [refund(100, 'failed', true), refund(100, 'succeeded')], 'arrived'],
    ['failed, and made good by a person', 100, [refund(100, 'failed', true)], 'resolved'],
    ['a status of tomorrow', 100, [refund(100, 'on_a_ship')], 'pending'],
  ] as const)('%s → %s', (_what, owed, refunds, state) => {
    expect(refundProgress(owed, refunds)).toBe(state);
  });

  test('it never says arrived before the bank confirmed as much as is owed', () => {
    const stored = fc.record({
      minor: fc.integer({ min: 1, max: 500 }),
      status: fc.constantFrom(...STATUSES),
      resolved: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.array(stored, { maxLength: 5 }), (owed, refunds) => {
        const confirmed = refunds
          .filter(({ status }) => status === 'succeeded')
          .reduce((sum, { minor }) => sum + minor, 0);
        expect(refundProgress(owed, refunds) === 'arrived').toBe(confirmed >= owed);
      }),
    );
  });

  test('a failure is not hidden by what was made good before', () => {
    expect(refundState({ status: 'failed', resolved: false })).toBe('failed');
  });
});
