import type { Kysely } from 'kysely';
import { expect } from 'vitest';
import type { Sandbox } from '../../sandbox/server.ts';
import type { DB } from '../../src/db/client/index.ts';
import { createAuditLog } from '../../src/db/stores/audit-log.ts';
import { verifyAuditLog } from '../../src/services/evidence/verify.ts';
import { ledgerOf } from './ledger.ts';

const minor = (amount: string): number => Math.round(Number(amount) * 100);

/** I1–I7 of docs/reliability.md: our tables beside the vendors' own ledger, once nothing moves any more. */
export async function expectAllTrueAtRest(db: Kysely<DB>, sandbox: Sandbox): Promise<void> {
  const { orders, paymentIntents, refunds, emails } = ledgerOf(sandbox);
  const trips = await db.selectFrom('tripRequests').select(['id', 'autoBookStatus as status']).execute();
  const attempts = await db.selectFrom('bookingAttempts').selectAll().execute();
  const bookings = await db.selectFrom('flightBookings').selectAll().execute();
  const human = new Set(
    attempts.filter(({ status }) => status === 'NEEDS_HUMAN').map(({ tripId }) => tripId),
  );
  const breaches: string[] = [];
  const demand = (kept: boolean, breach: string) => {
    if (!kept) breaches.push(breach);
  };
  for (const { id, status } of trips) {
    const own = orders.filter(({ metadata }) => metadata.trip_id === id);
    const intents = paymentIntents.filter(({ metadata }) => metadata.trip_id === id);
    const booking = bookings.find(({ tripId }) => tripId === id);
    demand(own.length <= 1, `I1 ${id}: ${own.length} orders were ever made`);
    if (human.has(id)) continue;
    const ticketed = own
      .filter((order) => order.status === 'confirmed')
      .reduce((sum, { amount }) => sum + minor(amount), 0);
    const taken = intents.reduce((sum, { amountCaptured }) => sum + amountCaptured, 0);
    const back = refunds
      .filter(
        ({ paymentIntent, status: state }) =>
          state === 'succeeded' && intents.some((one) => one.id === paymentIntent),
      )
      .reduce((sum, { amount }) => sum + amount, 0);
    const over = booking !== undefined && booking.status !== 'CONFIRMED';
    const booked = booking && !over ? booking.priceMinor : 0;
    // What the airline keeps of a cancelled booking is not refunded.
    const owed = booking && over ? booking.priceMinor - booking.refundedMinor : booked;
    demand(
      taken - back === owed && ticketed === booked,
      `I2 ${id}: captured ${taken - back}, ticketed ${ticketed}, booked ${booked}`,
    );
    demand(
      (status === 'BOOKED') === (booking?.status === 'CONFIRMED'),
      `I2 ${id}: ${status}, booking ${booking?.status}`,
    );
    demand(!over || status === 'CANCELLED', `C3 ${id}: ${status}, booking ${booking?.status}`);
    demand(
      intents.every((intent) => intent.status !== 'requires_capture'),
      `I3 ${id}: money is still held`,
    );
    demand(status !== 'BOOKING', `I4 ${id}: still BOOKING`);
  }
  for (const intent of paymentIntents) {
    const own = refunds.filter(({ paymentIntent }) => paymentIntent === intent.id);
    demand(own.length <= 1, `I5 ${intent.id}: ${own.length} refunds`);
  }
  const authorized = paymentIntents
    .filter(({ authorizedAt }) => authorizedAt)
    .map(({ metadata }) => metadata.attempt_id);
  demand(new Set(authorized).size === authorized.length, 'I6: one attempt, two authorizations');
  const confirmations = emails.filter(({ subject }) => subject.startsWith('Booked:'));
  demand(
    confirmations.length === bookings.length,
    `I6: ${confirmations.length} confirmations for ${bookings.length} bookings`,
  );
  demand(
    attempts.every(({ status }) => status !== 'PENDING'),
    'I4: an attempt is still under way',
  );
  const { problems } = await verifyAuditLog(createAuditLog({ db }));
  expect([...breaches, ...problems.map((problem) => `I7 ${problem}`)]).toEqual([]);
}
