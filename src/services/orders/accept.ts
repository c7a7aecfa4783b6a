import { ChangeRefused } from '../../ports/flights.ts';
import type { AcceptanceClaim, AcceptanceResult } from '../../ports/storage/booked-orders.ts';
import { followOrder } from './follow.ts';
import { acceptanceAlert, acceptanceRefused } from './notifications.ts';
import type { AcceptChangePorts } from './ports.ts';

/**
 * Asks the seller to accept a change, once: the intent is committed with the claim, and where an earlier call may have been made the
 * order is read first. It is accepted when the order says so, which may take people a while.
 * @returns what came of it, for the job
 * @throws Retryable when the answer is unknown: the next run looks the change up
 */
export async function acceptChange(ports: AcceptChangePorts, id: string): Promise<string> {
  const claim = await ports.bookedOrders.claimAcceptance(id);
  if (!claim) return 'not_ours';
  try {
    if (claim.tries > 1 && (await isDecided(ports, claim))) return await close(ports, claim, asked);
    await ports.flights.acceptChange(claim.changeId);
  } catch (error) {
    if (!(error instanceof ChangeRefused)) {
      await ports.bookedOrders.releaseAcceptance(claim);
      throw error;
    }
    // It may have been accepted before, by us or in the dashboard: then it is refused, too.
    return await close(ports, claim, (await isDecided(ports, claim)) ? asked : refused(error, claim));
  }
  return await close(ports, claim, asked);
}

/** Whether an earlier call took effect, or somebody else's. */
async function isDecided({ flights }: AcceptChangePorts, claim: AcceptanceClaim): Promise<boolean> {
  const { changes } = await flights.order(claim.orderId);
  return changes.some(
    ({ changeId, decision, pending }) => changeId === claim.changeId && (decision !== null || pending),
  );
}

const asked: AcceptanceResult = { outcome: 'asked', notify: () => ({ events: [], notifications: [] }) };

/** A later change is told by the next reading, which supersedes this one. */
const refused = ({ code, refusal }: ChangeRefused, { id }: AcceptanceClaim): AcceptanceResult => ({
  outcome: code,
  notify: (order) => {
    const change = order.changes.find((one) => one.id === id);
    if (refusal === 'superseded' || change?.state !== 'OPEN') return { events: [], notifications: [] };
    return {
      events: [{ type: 'order.change_refused', detail: { code } }],
      notifications: [acceptanceRefused(order, change), acceptanceAlert(order, change, code)],
    };
  },
});

async function close(
  ports: AcceptChangePorts,
  claim: AcceptanceClaim,
  result: AcceptanceResult,
): Promise<string> {
  await ports.bookedOrders.closeAcceptance(claim, result);
  ports.afterCommit();
  await followOrder(ports, claim.orderId);
  return result.outcome;
}
