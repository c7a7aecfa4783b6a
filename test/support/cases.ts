import { expect } from 'vitest';
import type { CaseView } from '../../src/services/cases/view.ts';
import type { Client, Reply } from './client.ts';
import type { Harness } from './harness.ts';
import { until } from './until.ts';
import { stripeError } from './vendor-errors.ts';

/** Operators of one harness, and the ways in which something comes to wait for a person. */
export function casesOf(harness: () => Harness) {
  let count = 0;
  const operator = (): Promise<Client> => {
    count += 1;
    return harness().user(`operator-${count}`, { roles: ['operator'] });
  };
  const list = async (who: Client): Promise<CaseView[]> =>
    (await who.call('GET', '/api/ops/cases')).body.data;
  const ofTrip = (who: Client, tripId: string): Promise<CaseView> =>
    until('the case', async () => (await list(who)).find((one) => one.tripId === tripId));
  const act = (
    who: Client,
    id: string,
    action: string,
    statement: Record<string, unknown> = {},
    headers?: Record<string, string>,
  ): Promise<Reply> =>
    who.call(
      'POST',
      `/api/ops/cases/${id}/${action}`,
      { reason: `${action} in a test`, ...statement },
      headers,
    );
  const gone = (who: Client, id: string) =>
    until('the case to be ended', async () => !(await list(who)).some((one) => one.id === id));
  return { operator, list, ofTrip, act, gone };
}

/** Stripe refuses every capture, and the fare gives nothing back: a person must decide about ticket and money. */
export async function unpaidTicket(harness: Harness, email?: string) {
  const { sandbox } = harness;
  sandbox.duffel.prices.pin('LHR', 'BOS', { amount: '300.00', currency: 'GBP', refundable: false });
  const refusal = { type: 'invalid_request_error', code: 'charge_expired_for_capture' };
  sandbox.faults.add({ ...stripeError('stripe.payment_intents.capture', 400, refusal), times: 9 });
  const user = await harness.user(undefined, email ? { email } : {});
  const { id: tripId } = await user.trip({ destination: 'BOS' });
  await user.reaches(tripId, 'needs_human');
  sandbox.faults.clear();
  return { user, tripId };
}

/** The airline's truth about a trip: its orders, payments and refunds. */
export function truthOf(harness: Harness, tripId: string) {
  const { duffel, stripe } = harness.sandbox;
  const orders = [...duffel.orders.all.values()].filter(({ metadata }) => metadata.trip_id === tripId);
  const intents = [...stripe.payments.intents.values()].filter(({ metadata }) => metadata.trip_id === tripId);
  return {
    orders,
    live: orders.filter(({ cancelled_at }) => !cancelled_at).map(({ id }) => id),
    payments: intents.map(({ status }) => status),
    intents,
  };
}

/** Somebody at the airline made the order twice, or without our metadata. @returns the id of the copy */
export function copyOrder(harness: Harness, orderId: string, metadata?: Record<string, string>): string {
  const { all } = harness.sandbox.duffel.orders;
  const order = all.get(orderId);
  if (!order) throw new Error(`there is no order ${orderId}`);
  const id = `${orderId}copy`;
  all.set(id, { ...structuredClone(order), id, ...(metadata && { metadata }) });
  return id;
}

export const expectRefused = (reply: Reply, detail: RegExp) =>
  expect([reply.status, reply.body.detail]).toEqual([409, expect.stringMatching(detail)]);
