import { expect } from 'vitest';
import { ledger as readLedger } from '../../sandbox/ledger.ts';
import type { Sandbox } from '../../sandbox/server.ts';

export const ledgerOf = (sandbox: Sandbox) => readLedger(sandbox.world, sandbox);

/** How often an operation reached a vendor. */
export const callsTo = (sandbox: Sandbox, target: string): number =>
  sandbox.world.calls.filter((call) => call.target === target).length;

/** Nobody has a ticket, and nobody's money is held or taken. */
export function expectNothingBought(sandbox: Sandbox): void {
  const { orders, paymentIntents } = ledgerOf(sandbox);
  expect(orders.filter((order) => order.status !== 'cancelled')).toEqual([]);
  expect(
    paymentIntents.filter((intent) => intent.status === 'requires_capture' || intent.status === 'succeeded'),
  ).toEqual([]);
}

/** One ticket, one charge of the same amount, nothing else held. */
export function expectOneTicket(sandbox: Sandbox): void {
  const { orders, paymentIntents } = ledgerOf(sandbox);
  const live = orders.filter((order) => order.status === 'confirmed');
  const taken = paymentIntents.filter((intent) => intent.amountCaptured > 0);
  expect(live).toHaveLength(1);
  expect(taken).toHaveLength(1);
  expect(taken[0]?.amountCaptured).toBe(Math.round(Number(live[0]?.amount) * 100));
  expect(paymentIntents.filter((intent) => intent.status === 'requires_capture')).toEqual([]);
}

/**
 * As if an authorization of that attempt had only now come through at the issuer.
 * @param deployment who made it; none for one that bears no name
 */
export const lateAuthorization = (sandbox: Sandbox, attemptId: string, deployment?: string) =>
  sandbox.stripe.payments.create({
    amount: 39_900,
    currency: 'gbp',
    capture_method: 'manual',
    payment_method: 'pm_card_visa',
    automatic_payment_methods: { enabled: 'true', allow_redirects: 'never' },
    confirm: 'true',
    off_session: 'true',
    metadata: { attempt_id: attemptId, ...(deployment && { deployment }) },
  });

/** What truly became of a cancelled order: how often it was cancelled, and what was refunded for it. */
export function cancellationOf(sandbox: Sandbox, orderId: string) {
  const { orders, cancellations, refunds, paymentIntents } = ledgerOf(sandbox);
  const order = orders.find(({ id }) => id === orderId);
  const paid = paymentIntents.find(({ metadata }) => metadata.trip_id === order?.metadata.trip_id);
  return {
    order: order?.status,
    confirmed: cancellations.filter((one) => one.orderId === orderId && one.confirmedAt).length,
    refunds: refunds
      .filter(({ paymentIntent, status }) => paymentIntent === paid?.id && status === 'succeeded')
      .map(({ amount }) => amount),
  };
}

/** The airline keeps 50.00 of the order's price, so that a second refund of the rest is possible, and would be seen. */
export function penalise(sandbox: Sandbox, orderId: string): void {
  const order = sandbox.duffel.orders.all.get(orderId);
  if (!order) throw new Error(`there is no order ${orderId}`);
  order.conditions = {
    ...order.conditions,
    refund_before_departure: {
      allowed: true,
      penalty_amount: '50.00',
      penalty_currency: order.total_currency,
    },
  };
}
