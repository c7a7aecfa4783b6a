import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/app/system-clock.ts';
import { CLAIM_MS } from '../../src/domain/attempt.ts';
import type {
  Cancellation,
  CancellationOutcome,
  CancellationPatch,
  CancellationStep,
} from '../../src/domain/cancellation.ts';
import { Fenced } from '../../src/errors.ts';
import type { CancellationEnd } from '../../src/ports/storage/cancellations.ts';
import type { Claim } from '../../src/ports/storage/saga.ts';
import { cancellationEnd } from '../../src/services/cancelling/cancellation-end.ts';
import { tripCancelled } from '../../src/services/cancelling/results.ts';
import { openSession, type SagaSession } from '../../src/services/saga/session.ts';
import { CANCELLATION_STORAGES, type CancellationStorage } from '../support/cancellations.ts';

type Session = SagaSession<Cancellation, CancellationStep, CancellationPatch, CancellationEnd>;
const refund = { minor: 30_000, currency: 'GBP' };
const quote = { id: 'ore_1', refund, refundTo: 'balance' };
/** Longer than the saga's longest wait. */
const IDLE_MS = 75_000;

describe.each(CANCELLATION_STORAGES)('cancellations on $name', ({ open }) => {
  let storage: CancellationStorage;
  beforeAll(async () => {
    storage = await open();
  });
  afterAll(() => storage.close());

  async function claim(bookingId: string): Promise<Session> {
    const session = await openSession<Cancellation, CancellationStep, CancellationPatch, CancellationEnd>(
      {
        store: storage.store,
        clock: systemClock,
        settings: { claimMs: CLAIM_MS },
        flagsOf: async () => ({}),
      },
      { intentsOf: ({ attemptId }) => attemptId, commitWithNext: new Set() },
      bookingId,
    );
    // No test here takes as long as a renewal.
    session?.close();
    return session as Session;
  }
  const finish = (session: Session, outcome: CancellationOutcome) =>
    session.finish(session.subject, cancellationEnd(session.subject, outcome, { clock: systemClock }));
  const REFUSED: CancellationOutcome = { kind: 'refused', code: 'order_not_refundable', message: 'No.' };

  test('a requested cancellation is claimed once; the next claim has a higher epoch', async () => {
    const { bookingId, tripId } = await storage.addRequestedBooking();
    const claims = await Promise.all(Array.from({ length: 12 }, () => storage.store.claim(bookingId)));
    const [first, ...others] = claims.filter((one) => one !== null) as Claim<Cancellation>[];
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      intents: [],
      subject: {
        bookingId,
        tripId,
        number: 1,
        epoch: 1,
        requestedBy: 'traveller',
        status: 'PENDING',
        step: 'quote',
        correlationId: 'contract',
        paid: { minor: 39_900, currency: 'GBP' },
        quote: null,
        airlineRefund: null,
        refundMinor: null,
      },
    });
    await storage.timePasses(CLAIM_MS + 1_000);
    expect(await storage.store.claim(bookingId)).toMatchObject({ subject: { epoch: 2, number: 1 } });
  });

  test('what the traveller accepted, and who asked, is there for the saga', async () => {
    const { bookingId } = await storage.addRequestedBooking();
    const userId = await storage.userOf(bookingId);
    await storage.bookings.transaction(userId, (trx) =>
      trx.insertCancellation(bookingId, 'contract', 30_000),
    );
    expect(await storage.store.claim(bookingId)).toMatchObject({
      subject: { acceptedMinor: 30_000, requestedBy: 'traveller' },
    });
  });

  test('what a step decided is there for the next worker; keys count the tries', async () => {
    const { bookingId } = await storage.addRequestedBooking();
    let session = await claim(bookingId);
    let subject = await session.advance(session.subject, { kind: 'next', step: 'confirm', patch: { quote } });
    const intent = await session.recordIntent(subject, 'cancel_booking', {}, 'again');
    expect(intent).toMatchObject({ fresh: true, stop: null, key: `${subject.attemptId}:cancel_booking` });
    subject = await session.advance(subject, {
      kind: 'next',
      step: 'refund',
      patch: { airlineRefund: refund, refundMinor: 30_000 },
      recorded: { step: 'cancel_booking', outcome: 'confirmed' },
    });
    await session.recordIntent(subject, 'refund', { minor: 30_000 }, 'again');
    await session.release(subject);
    session = await claim(bookingId);
    expect(session.subject).toMatchObject({
      step: 'refund',
      quote,
      airlineRefund: refund,
      refundMinor: 30_000,
    });
    expect(session.findIntent('cancel_booking')).toMatchObject({ outcome: 'confirmed' });
    expect(session.findIntent('refund')).toMatchObject({ outcome: null });
    const again = await session.recordIntent(session.subject, 'refund', {}, 'again');
    expect(again.key).toBe(`${subject.attemptId}:refund:2`);
    await session.advance(session.subject, { kind: 'next', step: 'quote', patch: { quote: null } });
    await session.release(session.subject);
    expect((await claim(bookingId)).subject.quote).toBeNull();
  });

  test('a step moves the trip as soon as its ticket is gone, and the end says what came back', async () => {
    const { bookingId, tripId } = await storage.addRequestedBooking();
    const session = await claim(bookingId);
    const trip = tripCancelled('Your ticket is no longer valid.');
    const subject = await session.advance(session.subject, {
      kind: 'next',
      step: 'refund',
      patch: { airlineRefund: refund, refundMinor: 30_000 },
      trip,
    });
    expect(await storage.trip(tripId)).toEqual({ status: 'CANCELLED', ...trip.outcome });
    expect(await storage.booking(bookingId)).toMatchObject({ status: 'CONFIRMED' });
    const outcome = { kind: 'cancelled', refunded: refund, pendingMinor: 0, madeGood: [] } as const;
    await session.finish(subject, cancellationEnd(subject, outcome, { clock: systemClock }));
    expect(await storage.trip(tripId)).toMatchObject({
      message: expect.stringMatching(/A refund of 300\.00 GBP .* was requested/),
    });
  });

  test('whatever an older epoch writes is refused and changes nothing', async () => {
    const { bookingId, tripId } = await storage.addRequestedBooking();
    const session = await claim(bookingId);
    await storage.timePasses(CLAIM_MS + 1_000);
    await storage.store.claim(bookingId);
    const before = await storage.auditLog(tripId);
    const writes: (() => Promise<unknown>)[] = [
      () => storage.store.renew(session.subject),
      () => storage.store.release(session.subject),
      () => session.recordIntent(session.subject, 'refund', {}, 'again'),
      () => session.advance(session.subject, { kind: 'next', step: 'confirm' }),
      () => finish(session, { kind: 'cancelled', refunded: refund, pendingMinor: 0, madeGood: [] }),
    ];
    for (const write of writes) await expect(write()).rejects.toThrow(Fenced);
    expect(await storage.auditLog(tripId)).toEqual(before);
    expect(await storage.booking(bookingId)).toEqual({
      status: 'CONFIRMED',
      refundedMinor: 0,
      requested: true,
    });
  });

  test.each([
    { refunded: refund, status: 'REFUNDED' },
    { refunded: { minor: 0, currency: 'GBP' }, status: 'CANCELLED' },
  ])(
    'a cancellation that refunds $refunded.minor leaves its booking $status and its trip CANCELLED, told once',
    async ({ refunded, status }) => {
      const { bookingId, tripId } = await storage.addRequestedBooking();
      const session = await claim(bookingId);
      await finish(session, { kind: 'cancelled', refunded, pendingMinor: 0, madeGood: [] });
      expect(await storage.booking(bookingId)).toMatchObject({ status, refundedMinor: refunded.minor });
      expect(await storage.trip(tripId)).toEqual({
        status: 'CANCELLED',
        code: 'booking_cancelled',
        message: expect.stringMatching(/^You cancelled this booking\. /),
      });
      expect((await storage.auditLog(tripId)).at(-1)).toBe('booking.cancelled');
      const keys = await storage.notificationKeys();
      expect(keys.filter((key) => key === `booking_cancelled:${bookingId}`)).toHaveLength(1);
      await expect(
        finish(session, { kind: 'cancelled', refunded, pendingMinor: 0, madeGood: [] }),
      ).rejects.toThrow(Fenced);
      expect(await storage.store.claim(bookingId)).toBeNull();
      await storage.timePasses(IDLE_MS + 1_000);
      expect(await abandonedIds()).not.toContain(bookingId);
    },
  );

  test('a trip that is no longer BOOKED is not moved; the booking ends all the same', async () => {
    const { bookingId, tripId } = await storage.addRequestedBooking();
    await storage.setTrip(tripId, 'BOOKING');
    await finish(await claim(bookingId), {
      kind: 'cancelled',
      refunded: refund,
      pendingMinor: 0,
      madeGood: [],
    });
    expect(await storage.booking(bookingId)).toMatchObject({ status: 'REFUNDED' });
    expect(await storage.trip(tripId)).toMatchObject({ status: 'BOOKING', code: 'booked' });
  });

  test('after a refusal the booking stays, and the next request is a cancellation of its own', async () => {
    const { bookingId, tripId } = await storage.addRequestedBooking();
    await finish(await claim(bookingId), REFUSED);
    expect(await storage.booking(bookingId)).toEqual({
      status: 'CONFIRMED',
      refundedMinor: 0,
      requested: false,
    });
    expect(await storage.trip(tripId)).toMatchObject({ status: 'BOOKED', code: 'booked' });
    expect(await storage.store.claim(bookingId)).toBeNull();
    await storage.requestAgain(bookingId);
    const second = await claim(bookingId);
    expect(second.subject).toMatchObject({ number: 2, step: 'quote', epoch: 1 });
    await finish(second, REFUSED);
    const refusals = (await storage.auditLog(tripId)).filter((type) => type === 'booking.cancel_refused');
    expect(refusals).toHaveLength(2);
  });

  test('one that needs a person is alerted, keeps its step, and no worker claims it', async () => {
    const { bookingId, tripId } = await storage.addRequestedBooking();
    const session = await claim(bookingId);
    const subject = await session.advance(session.subject, { kind: 'next', step: 'refund' });
    const outcome = { kind: 'human', code: 'x', message: 'Look.' } as const;
    await session.finish(subject, cancellationEnd(subject, outcome, { clock: systemClock }));
    expect((await storage.auditLog(tripId)).at(-1)).toBe('booking.needs_human');
    const keys = await storage.notificationKeys();
    expect(keys).toContain(`ops_alert:${subject.id}:x`);
    expect(keys).toContain(`cancellation_delayed:${subject.id}:x`);
    expect(await storage.trip(tripId)).toMatchObject({ status: 'BOOKED', code: 'booked' });
    await storage.timePasses(IDLE_MS + 1_000);
    expect(await storage.store.claim(bookingId)).toBeNull();
    expect(await abandonedIds()).not.toContain(bookingId);
  });

  const abandonedIds = async () =>
    (await storage.store.abandoned(IDLE_MS, 500)).map(({ bookingId }) => bookingId);

  test('abandoned is what no worker claims: without a row, with a lapsed claim, or idle; not what is claimed', async () => {
    const [unclaimed, lapsed, idle, claimed] = await Promise.all(
      Array.from({ length: 4 }, () => storage.addRequestedBooking()),
    );
    const ids = [unclaimed, lapsed, idle, claimed].map((one) => one?.bookingId as string);
    await claim(ids[1] as string);
    const released = await claim(ids[2] as string);
    await released.release(released.subject);
    expect((await abandonedIds()).filter((id) => ids.includes(id))).toEqual([]);
    await storage.timePasses(IDLE_MS + 1_000);
    await claim(ids[3] as string);
    const found = (await abandonedIds()).filter((id) => ids.includes(id));
    expect(new Set(found)).toEqual(new Set(ids.slice(0, 3)));
  });
});
