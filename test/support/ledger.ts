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

/** As if an authorisation of that attempt had only now come through at the issuer. */
export const lateHold = (sandbox: Sandbox, attemptId: string) =>
  sandbox.stripe.payments.create({
    amount: 39_900,
    currency: 'gbp',
    capture_method: 'manual',
    payment_method: 'pm_card_visa',
    confirm: 'true',
    off_session: 'true',
    metadata: { attempt_id: attemptId },
  });
