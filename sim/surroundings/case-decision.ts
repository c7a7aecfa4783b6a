import type { CaseView } from '../../src/services/cases/view.ts';
import type { Chance } from '../chance.ts';
import { airlineMinor, stripeMinor } from '../ledger-money.ts';
import type { Tables } from '../memory/tables.ts';
import type { Vendors } from '../vendors/vendors.ts';
import { aboutCancellation, aboutDispute, aboutRefund } from './after-ticket-decision.ts';
import { type Decision, isCancelled } from './decision.ts';

/**
 * What a person decides who has asked the airline and the bank, and who states nothing but what they said.
 * @returns null while the airline itself does not know
 */
export function truthfulDecision(
  world: { readonly tables: Tables; readonly vendors: Vendors },
  view: CaseView,
  chance: Chance,
): Decision | null {
  switch (view.kind) {
    case 'attempt':
      return aboutAttempt(world.vendors, view, chance);
    case 'orphan':
      return aboutOrphan(world.vendors, view);
    case 'cancellation':
      return aboutCancellation(world, view, chance);
    case 'refund':
      return aboutRefund(world, view, chance);
    case 'dispute':
      return aboutDispute(chance);
  }
}

function aboutAttempt(vendors: Vendors, view: CaseView, chance: Chance): Decision | null {
  const { orders, payments, theirs, lateOrders } = vendors;
  const isOf = ({ id, metadata }: { id: string; metadata: Record<string, string> }): boolean =>
    metadata.attempt_id === view.attemptId && !theirs.has(id);
  const live = [...orders.all.values()].filter((order) => isOf(order) && !isCancelled(vendors, order));
  const intent = [...payments.intents.values()].find((one) => isOf(one) && one.latest_charge);
  const [order] = live;
  if (order) {
    const orderId = order.id;
    const covers = intent && stripeMinor(intent.amount, intent.currency) >= airlineMinor(order.total_amount);
    const usable = covers && ['requires_capture', 'succeeded'].includes(intent.status);
    return usable && live.length === 1 && chance.hits(0.6)
      ? { action: chance.pick(['adopt', 'capture']), statement: { orderId } }
      : { action: 'cancel-order', statement: { orderId, acceptLoss: true } };
  }
  // An airline may say that there is none, and make it later all the same.
  if (lateOrders.has(view.attemptId ?? '') && chance.hits(0.8)) return null;
  const statement = { noOrder: true };
  if (intent?.status === 'requires_capture') return { action: 'release', statement };
  const refunded = payments.refunds.filter(({ payment_intent }) => payment_intent === intent?.id);
  const back = refunded.reduce((sum, { amount }) => sum + amount, 0);
  return { action: intent && intent.amount_received > back ? 'refund' : 'close', statement };
}

function aboutOrphan({ orders, payments }: Vendors, { id }: CaseView): Decision {
  const order = orders.all.get(id);
  if (order)
    return { action: order.cancelled_at ? 'close' : 'cancel-order', statement: { acceptLoss: true } };
  const isOpen = payments.intents.get(id)?.status !== 'canceled';
  return { action: isOpen ? 'release' : 'close', statement: { noOrder: true } };
}
