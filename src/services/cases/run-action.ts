import type { OpenCase } from '../../domain/case.ts';
import { totalOf } from '../../domain/refund.ts';
import { Permanent } from '../../errors.ts';
import type { OutboxJob } from '../../ports/outbox.ts';
import type { AcceptedAction } from '../../ports/storage/cases.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';
import type { CasePorts } from './ports.ts';
import { keptMinor } from './vendor-truth.ts';

type Ports = Pick<CasePorts, 'cases' | 'flights' | 'payments' | 'afterCommit'>;

/**
 * Carries out a decision about an orphan or a refund. What the vendor has is read first, and the key of each call is made of
 * the decision's id, so that a second run changes nothing.
 * @throws Retryable, OutcomeUnknown: it is run again
 */
export async function runCaseAction(ports: Ports, actionId: string): Promise<string> {
  const action = await ports.cases.accepted(actionId);
  if (!action) return 'finished before';
  try {
    const one = action.case;
    const outcome = one ? await carryOut(ports, { ...action, case: one }) : 'case_gone';
    if (outcome === null) return 'the vendor has not caught up';
    await ports.cases.finish(action, { state: 'DONE', outcome, jobs: jobsAfter(action) });
    ports.afterCommit();
    return outcome;
  } catch (error) {
    if (!(error instanceof Permanent)) throw error;
    await ports.cases.finish(action, { state: 'FAILED', outcome: error.code });
    return error.code;
  }
}

/** A refund is not over with the bank's answer: it is followed until it is. */
function jobsAfter({ id, case: one }: AcceptedAction): OutboxJob[] {
  if (one?.kind !== 'refund') return [];
  return [
    toOutboxJob(
      'follow-payment',
      { paymentIntentId: one.paymentIntentId as string, nudge: `case-${id}` },
      { correlationId: one.correlationId },
    ),
  ];
}

/** A decision whose case still waits. */
type Open = AcceptedAction & { readonly case: OpenCase };

function carryOut(ports: Ports, action: Open): Promise<string | null> {
  if (action.case.kind === 'refund') return refundAgain(ports, action);
  return action.case.step === 'order' ? cancelOrphan(ports, action) : releaseOrphan(ports, action);
}

/** Done when the order says that it is cancelled; null while it reads as live. */
async function cancelOrphan({ flights }: Ports, { case: { id }, statement }: Open): Promise<string | null> {
  const order = await flights.order(id);
  if (order.cancelled) return 'cancelled';
  const quote = await flights.quoteCancellation(id);
  const full = quote.refundTo === 'balance' && quote.refund?.minor === order.facts.total.minor;
  if (!full && !statement.acceptLoss)
    throw new Permanent('refund_fell', 'cancelling gives back less than when it was decided');
  await flights.confirmCancellation(quote.id);
  return (await flights.order(id)).cancelled ? 'cancelled' : null;
}

/** Done when the payment provider shows no money of it; null while it does. */
async function releaseOrphan(
  { payments }: Ports,
  { case: { id, attemptId }, id: actionId }: Open,
): Promise<string | null> {
  const now = await payments.authorization(id);
  if (now.status === 'voided') return 'released';
  if (now.status === 'authorized' || now.status === 'pending') {
    await payments.void(id, `case-${actionId}:void`);
    return (await payments.authorization(id)).status === 'voided' ? 'released' : null;
  }
  const minor = keptMinor(now);
  if (minor > 0)
    await payments.refund(id, { ...now.amount, minor }, `case-${actionId}:refund`, attemptId ?? id);
  return 'refunded';
}

/**
 * Looks the refunds up before it asks for another: one that the run before this asked for is not asked for twice, whatever its answer
 * was, and never is more refunded than what is owed in all.
 */
async function refundAgain({ payments }: Ports, { case: one, id }: Open): Promise<string> {
  const paymentIntentId = one.paymentIntentId as string;
  const { stakeMinor, owedMinor, currency, paidElsewhereMinor } = one.money;
  const key = `case-${id}:refund`;
  const refunds = await payments.refundsOf(paymentIntentId);
  if (refunds.some((refund) => refund.key === key)) return 'refunded_again';
  const missing =
    owedMinor === null
      ? Number.POSITIVE_INFINITY
      : owedMinor - paidElsewhereMinor - totalOf(refunds).aliveMinor;
  const minor = Math.min(stakeMinor as number, missing);
  if (minor <= 0) return 'made_good';
  await payments.refund(
    paymentIntentId,
    { minor, currency: currency as string },
    key,
    one.attemptId as string,
  );
  return 'refunded_again';
}
