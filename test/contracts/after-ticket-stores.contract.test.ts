import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dispute } from '../../src/domain/dispute.ts';
import type { Refund } from '../../src/domain/refund.ts';
import type { RefundedPayment, RefundsWrite } from '../../src/ports/storage/refunds.ts';
import { toOutboxJob } from '../../src/queues/outbox/jobs.ts';
import { notificationRequest } from '../../src/services/notifications/request.ts';
import {
  AFTER_TICKET_STORAGES,
  type AfterTicketStorage,
  type Payment,
} from '../support/after-ticket-storages.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** More rows than any test here leaves. */
const ALL = 1_000;

const NOTHING: RefundsWrite = { changes: [], found: [], events: [], notifications: [], jobs: [] };
const mail = ({ tripId }: Payment, dedupeKey: string) =>
  notificationRequest({
    userId: null,
    tripId,
    kind: 'ops_alert',
    dedupeKey,
    data: {},
    correlationId: 'contract',
  });

describe.each(AFTER_TICKET_STORAGES)('money after the ticket on $name', ({ open }) => {
  let storage: AfterTicketStorage;
  beforeAll(async () => {
    storage = await open();
  });
  afterAll(() => storage.close());

  const refund = (status: Refund['status'], minor = 39_900): Refund & { key: string } => {
    const id = `re_${randomUUID()}`;
    const amount = { minor, currency: 'GBP' };
    const createdAt = storage.now();
    return { id, status, amount, pendingReason: null, failureReason: null, key: `key-${id}`, createdAt };
  };

  describe('refunds', () => {
    const follow = async ({ paymentIntentId }: Payment, write: Partial<RefundsWrite> = {}) =>
      (await storage.refunds.follow(paymentIntentId, () => ({ ...NOTHING, ...write }))) as RefundedPayment;
    const isDue = async ({ paymentIntentId }: Payment) =>
      (await storage.refunds.due(ALL)).includes(paymentIntentId);

    test('a payment that no attempt has is left alone', async () => {
      const seen = await storage.refunds.follow('pi_of_another', () => {
        throw new Error('asked about a payment of another');
      });
      expect(seen).toBeUndefined();
    });

    test('the payment is shown with its booking, its cancellation and the refunds that are stored', async () => {
      const payment = await storage.addPayment('DONE');
      const made = refund('pending', 30_000);
      expect(await follow(payment, { found: [made] })).toMatchObject({
        attempt: { tripId: payment.tripId, amountMinor: 39_900 },
        booking: { id: payment.bookingId, status: 'CONFIRMED', refundedMinor: 0 },
        cancellation: { status: 'DONE', step: 'done', refundMinor: 39_900 },
        refunds: [],
      });
      const { refunds } = await follow(payment);
      expect(refunds).toMatchObject([
        { providerRefundId: made.id, key: made.key, amount: made.amount, status: 'pending', resolved: false },
      ]);
    });

    test('one under way is due every minute in its first hour, then every hour', async () => {
      const payment = await storage.addPayment('DONE');
      await follow(payment, { found: [refund('pending')] });
      expect(await isDue(payment)).toBe(false);
      await storage.timePasses(MINUTE + 1_000);
      expect(await isDue(payment)).toBe(true);
      await storage.timePasses(HOUR);
      await follow(payment);
      await storage.timePasses(HOUR - MINUTE);
      expect(await isDue(payment)).toBe(false);
      await storage.timePasses(2 * MINUTE);
      expect(await isDue(payment)).toBe(true);
    });

    test('one that succeeded is due once a day, for 35 days', async () => {
      const payment = await storage.addPayment('DONE');
      await follow(payment, { found: [refund('succeeded')] });
      await storage.timePasses(DAY - MINUTE);
      expect(await isDue(payment)).toBe(false);
      await storage.timePasses(2 * MINUTE);
      expect(await isDue(payment)).toBe(true);
      await follow(payment);
      expect(await isDue(payment)).toBe(false);
      await storage.timePasses(35 * DAY);
      expect(await isDue(payment)).toBe(false);
    });

    test('one that failed is due once a day until it is made good', async () => {
      const payment = await storage.addPayment('NEEDS_HUMAN');
      await follow(payment, { found: [refund('failed')] });
      await storage.timePasses(2 * MINUTE);
      expect(await isDue(payment)).toBe(false);
      await storage.timePasses(DAY);
      expect(await isDue(payment)).toBe(true);
      const [row] = (await follow(payment)).refunds;
      await follow(payment, { changes: [{ id: row?.id ?? '', resolved: true }] });
      await storage.timePasses(2 * DAY);
      expect(await isDue(payment)).toBe(false);
      expect((await follow(payment)).refunds).toMatchObject([{ status: 'failed', resolved: true }]);
    });

    test('one that failed while its cancellation ended is due within minutes', async () => {
      const payment = await storage.addPayment('DONE');
      await follow(payment, { found: [refund('failed')] });
      expect(await isDue(payment)).toBe(false);
      await storage.timePasses(2 * MINUTE);
      expect(await isDue(payment)).toBe(true);
    });

    test('a payment with several refunds is due once, the longest waiting first', async () => {
      const [second, first] = [await storage.addPayment('DONE'), await storage.addPayment('DONE')];
      await follow(first, { found: [refund('pending', 100), refund('pending', 200)] });
      await storage.timePasses(10 * MINUTE);
      await follow(second, { found: [refund('pending')] });
      await storage.timePasses(2 * MINUTE);
      const due = await storage.refunds.due(ALL);
      const ours = due.filter((id) => [first, second].some(({ paymentIntentId }) => paymentIntentId === id));
      expect(ours).toEqual([first.paymentIntentId, second.paymentIntentId]);
    });

    test('status, booking, cancellation, audit log, mail and jobs change in one step', async () => {
      const payment = await storage.addPayment('DONE');
      await follow(payment, { found: [refund('succeeded')] });
      const [row] = (await follow(payment)).refunds;
      const job = toOutboxJob('cancel-booking', { bookingId: payment.bookingId, nudge: 'contract' });
      await follow(payment, {
        changes: [{ id: row?.id ?? '', status: 'failed', failureReason: 'insufficient_funds' }],
        booking: { status: 'CANCELLED', refundedMinor: 0 },
        reopensCancellation: true,
        events: [{ type: 'refund.failed' }],
        notifications: [mail(payment, `contract:${payment.tripId}`)],
        jobs: [job],
      });
      expect((await follow(payment)).refunds).toMatchObject([
        { status: 'failed', failureReason: 'insufficient_funds' },
      ]);
      expect(await storage.booking(payment)).toEqual({
        status: 'CANCELLED',
        refundedMinor: 0,
        requested: true,
      });
      expect(await storage.cancellation(payment)).toEqual({ status: 'PENDING', step: 'refund', epoch: 1 });
      expect(await storage.auditLog(payment)).toEqual(['refund.failed']);
      expect(await storage.notificationKeys()).toContain(`contract:${payment.tripId}`);
      expect(await storage.jobIds()).toContain(job.jobId);
    });

    test('a cancellation that a person has is not taken up again', async () => {
      const payment = await storage.addPayment('NEEDS_HUMAN');
      await follow(payment, { reopensCancellation: true });
      expect(await storage.cancellation(payment)).toMatchObject({ status: 'NEEDS_HUMAN', epoch: 0 });
    });
  });

  describe('disputes', () => {
    const dispute = ({ paymentIntentId }: Payment, changes: Partial<Dispute> = {}): Dispute => ({
      id: `du_${randomUUID()}`,
      paymentIntentId,
      amount: { minor: 39_900, currency: 'GBP' },
      reason: 'fraudulent',
      status: 'needs_response',
      closed: false,
      evidenceDueBy: null,
      refundable: false,
      openedAt: storage.now(),
      ...changes,
    });
    async function record(one: Dispute, payment?: Payment) {
      let before: string | null | undefined;
      const ours = await storage.disputes.record(one, (_, was) => {
        before = was;
        return {
          events: [{ type: 'dispute.opened' }],
          notifications: payment ? [mail(payment, `dispute:${one.id}:${one.status}`)] : [],
        };
      });
      return { ours, before };
    }
    const isDue = async ({ paymentIntentId }: Payment) =>
      (await storage.disputes.due(ALL)).includes(paymentIntentId);

    test('of a payment that no attempt has nothing is written', async () => {
      const foreign = { paymentIntentId: 'pi_of_another', tripId: '', bookingId: '' };
      expect(await record(dispute(foreign))).toEqual({ ours: false, before: undefined });
      expect(await storage.disputes.due(ALL)).not.toContain('pi_of_another');
    });

    test('each look is told the status of the look before; audit log and mail are written with it', async () => {
      const payment = await storage.addPayment('DONE');
      const one = dispute(payment);
      expect(await record(one, payment)).toEqual({ ours: true, before: null });
      expect(await record({ ...one, status: 'lost', closed: true }, payment)).toEqual({
        ours: true,
        before: 'needs_response',
      });
      expect(await record({ ...one, status: 'won', closed: true })).toMatchObject({ before: 'lost' });
      expect(await storage.auditLog(payment)).toHaveLength(3);
      const keys = await storage.notificationKeys();
      expect(keys).toEqual(
        expect.arrayContaining([`dispute:${one.id}:needs_response`, `dispute:${one.id}:lost`]),
      );
    });

    test('an open one is due every hour, a closed one no more, one that opens again is', async () => {
      const payment = await storage.addPayment('DONE');
      const one = dispute(payment);
      await record(one);
      expect(await isDue(payment)).toBe(false);
      await storage.timePasses(HOUR + MINUTE);
      expect(await isDue(payment)).toBe(true);
      await record({ ...one, status: 'lost', closed: true });
      await storage.timePasses(2 * HOUR);
      expect(await isDue(payment)).toBe(false);
      await record(one);
      await storage.timePasses(2 * HOUR);
      expect(await isDue(payment)).toBe(true);
    });

    test('a payment with two of them is due once, the longest waiting first', async () => {
      const [second, first] = [await storage.addPayment('DONE'), await storage.addPayment('DONE')];
      const seenAgain = dispute(second);
      await record(seenAgain);
      await record(dispute(first));
      await record(dispute(first));
      await storage.timePasses(10 * MINUTE);
      await record(seenAgain);
      await storage.timePasses(2 * HOUR);
      const due = await storage.disputes.due(ALL);
      const ours = due.filter((id) => [first, second].some(({ paymentIntentId }) => paymentIntentId === id));
      expect(ours).toEqual([first.paymentIntentId, second.paymentIntentId]);
    });
  });

  describe('account troubles', () => {
    const active = async (vendor: string) =>
      (await storage.troubles.active()).find((row) => row.vendor === vendor);

    test('a trouble pauses for a minute; again in vain it pauses for twice as long, at most a quarter of an hour', async () => {
      const vendor = 'stripe';
      const paused = async () => {
        await storage.troubles.record({ vendor, code: 'api_key_expired' } as never);
        let minutes = 0;
        while (await active(vendor)) {
          await storage.timePasses(MINUTE);
          minutes += 1;
        }
        return minutes;
      };
      const pauses: number[] = [];
      for (let nth = 0; nth < 6; nth += 1) pauses.push(await paused());
      expect(pauses).toEqual([1, 2, 4, 8, 15, 15]);
      await storage.timePasses(HOUR + MINUTE);
      expect(await paused()).toBe(1);
    });

    test('calls that were under way do not prolong the pause; the newest code is shown, and since when', async () => {
      const vendor = 'duffel';
      await storage.troubles.record({ vendor, code: 'access_token_expired' } as never);
      const since = (await active(vendor))?.since;
      await storage.timePasses(30_000);
      await storage.troubles.record({ vendor, code: 'forbidden' } as never);
      expect(await active(vendor)).toMatchObject({ vendor, code: 'forbidden' });
      expect(since).toBeInstanceOf(Date);
      await storage.timePasses(31_000);
      expect(await active(vendor)).toBeUndefined();
    });
  });
});
