import { isDeepStrictEqual } from 'node:util';
import type { OrderRequest } from '../src/ports/flights.ts';
import type { AuthorizeRequest } from '../src/ports/payments.ts';
import { demand } from './breach.ts';
import type { Simulated } from './simulated.ts';
import { passengersOf } from './traveller.ts';

/** P1: whose trip it is pays for it, with a card of theirs. M1: never more than the newest mandate says. */
export function checkPayer(sim: Simulated, request: AuthorizeRequest): void {
  const { tripId, attemptId, customerId, paymentMethodId, amount } = request;
  const { tables, agreed } = sim;
  const { mandate, userId, customerId: payer, paymentMethodId: card } = tables.trip(tripId);
  demand(tables.attempts.get(attemptId)?.tripId === tripId, 'P1', () => `${attemptId} is of another trip`);
  demand(customerId === payer, 'P1', () => `${customerId} pays for a trip of ${payer}`);
  const saved = tables.cards.get(paymentMethodId);
  const own = paymentMethodId === card && (saved === undefined || saved.userId === userId);
  demand(own, 'P1', () => `${paymentMethodId} pays for a trip that names ${card}`);
  demand(
    amount.minor <= mandate.minor && amount.currency === mandate.currency,
    'M1',
    () => `${amount.minor} ${amount.currency} requested, ${mandate.minor} ${mandate.currency} agreed`,
  );
  if (!agreed.has(attemptId)) agreed.set(attemptId, mandate);
}

/** P2: those fly who the trip names. M1 holds for the order as for the money. */
export function checkOrdered(sim: Simulated, { tripId, attemptId, passengers, offer }: OrderRequest): void {
  const { mandate } = sim.tables.trip(tripId);
  demand(
    sim.tables.attempts.get(attemptId)?.tripId === tripId,
    'P2',
    () => `${attemptId} is of another trip`,
  );
  demand(
    isDeepStrictEqual(passengers, passengersOf(sim, tripId)),
    'P2',
    () => 'an order for other travellers',
  );
  const { minor, currency } = offer.price;
  demand(
    minor <= mandate.minor && currency === mandate.currency,
    'M1',
    () => `${minor} ${currency} ordered, ${mandate.minor} ${mandate.currency} agreed`,
  );
}
