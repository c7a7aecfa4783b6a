import type { Kysely } from 'kysely';
import { expect } from 'vitest';
import type { Sandbox } from '../../sandbox/server.ts';
import type { DB } from '../../src/db/client.ts';
import { verifyTrail } from '../../src/services/evidence/verify.ts';
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
  const demand = (holds: boolean, breach: string) => {
    if (!holds) breaches.push(breach);
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
    const booked = booking?.priceMinor ?? 0;
    demand(
      taken - back === ticketed && ticketed === booked,
      `I2 ${id}: captured ${taken - back}, ticketed ${ticketed}, booked ${booked}`,
    );
    demand((status === 'BOOKED') === (booking !== undefined), `I2 ${id}: ${status}, booking ${booking?.id}`);
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
  const authorised = paymentIntents
    .filter(({ authorizedAt }) => authorizedAt)
    .map(({ metadata }) => metadata.attempt_id);
  demand(new Set(authorised).size === authorised.length, 'I6: one attempt, two authorisations');
  const confirmations = emails.filter(({ subject }) => subject.startsWith('Booked:'));
  demand(
    confirmations.length === bookings.length,
    `I6: ${confirmations.length} confirmations for ${bookings.length} bookings`,
  );
  demand(
    attempts.every(({ status }) => status !== 'PENDING'),
    'I4: an attempt is still under way',
  );
  const { problems } = await verifyTrail(db);
  expect([...breaches, ...problems.map((problem) => `I7 ${problem}`)]).toEqual([]);
}
