import { CLAIM_MS } from '../src/domain/attempt.ts';
import { fareOf } from '../src/domain/failed-fares.ts';
import type { Offer } from '../src/domain/offer.ts';
import type { IntentStep } from '../src/domain/saga.ts';
import type { OrderRequest } from '../src/ports/flights.ts';
import type { AuthorizeRequest } from '../src/ports/payments.ts';
import { AUTHORIZATION_MARGIN_MS } from '../src/services/booking/order-wait.ts';
import { checkConfirmation } from './after-ticket/confirmation-checks.ts';
import { demand } from './breach.ts';
import { checkFare } from './fare-checks.ts';
import { type FlagService, OUTAGE_GRACE_MS } from './flag-service.ts';
import type { AttemptRow } from './memory/tables.ts';
import { checkOrdered, checkPayer } from './payer-checks.ts';
import { type Run, SCHEDULE, type Simulated } from './simulated.ts';

/** A kill switch stops new authorizations and orders within this. */
const KILL_WITHIN_MS = 2_000;

/** The step whose intent announces each call that moves money or seats. */
const STEP_OF: Record<string, IntentStep> = {
  'payments.authorize': 'authorize',
  'flights.createOrder': 'order',
  'payments.capture': 'capture',
  'payments.void': 'void',
  'payments.refund': 'void',
  'flights.confirmCancellation': 'cancel_order',
};
const CANCELLING_STEP_OF: Record<string, IntentStep> = {
  'flights.confirmCancellation': 'cancel_booking',
  'payments.refund': 'refund',
};
/** The most by which workers' clocks differ, as sim/scenario.ts draws them. */
const CLOCKS_DIFFER_MS = 5 * 60_000;
const BEGINS = new Set(['payments.authorize', 'flights.createOrder']);

/**
 * What must be true at the moment a call leaves a worker: A4 it is recorded, under its key, by whoever holds the newest
 * claim; A5 nothing new begins while it is forbidden; D1 nor past the deadline; F1 nor with a blown fuse; U1 no
 * authorization is voided while there is or may be an order.
 * @throws Breach
 */
export function checkCall(
  sim: Simulated,
  call: string,
  args: readonly unknown[],
  { host, claimed }: Run,
): void {
  // Only an orphan is dealt with outside a claim, and the row that records it is not a step's.
  if (!claimed) return;
  const step = claimed.kind === 'attempt' ? STEP_OF[call] : CANCELLING_STEP_OF[call];
  if (!step) return;
  const attempt = sim.tables.attempts.get(claimed.id);
  const newest =
    claimed.kind === 'attempt' ? attempt?.epoch : sim.tables.cancellations.get(claimed.cancellationId)?.epoch;
  demand(newest === claimed.epoch, 'A4', () => `${call} by epoch ${claimed.epoch}, the newest is ${newest}`);
  const recorded = sim.tables.step(claimed.id, step);
  const key = keyOf(call, args);
  const ours = recorded?.outcome === null && (key === undefined || key === recorded.key);
  demand(ours, 'A4', () => `${call} without a committed intent (${key})`);
  if (BEGINS.has(call)) {
    demand(host.clock.now() <= (attempt?.deadline ?? 0), 'D1', () => `${call} past the attempt's deadline`);
    const { blownAt } = sim.tables.fuse;
    const blown = blownAt !== null && sim.time.now - blownAt >= CLAIM_MS;
    demand(!blown, 'F1', () => `${call} with a blown fuse`);
    checkAllowed(sim.flagService, call);
  }
  if (call === 'payments.authorize') checkPayer(sim, args[0] as AuthorizeRequest);
  if (call === 'flights.createOrder') checkOrder(sim, args[0] as OrderRequest);
  if (call === 'payments.authorize' && attempt) checkNotTriedTooOften(sim, attempt);
  if (call === 'payments.void') checkOrderKnown(sim, claimed.id);
  if (call === 'payments.refund' && claimed.kind === 'cancellation')
    checkNoTicket(sim, claimed.cancellationId);
  if (call === 'flights.confirmCancellation' && claimed.kind === 'cancellation')
    checkConfirmation(sim, String(args[0]), claimed.cancellationId);
}

function checkOrder(sim: Simulated, request: OrderRequest): void {
  checkOrdered(sim, request);
  checkFare(sim, request);
}

/** No trip is authorized more often a day, whatever fails; see src/domain/authorization-limits.ts. */
const MAX_PER_TRIP_A_DAY = 6;
const DAY_MS = 24 * 3_600_000;

/** H1: no trip's card is tried without bound; H2: nor for a fare that has only just failed, unless the traveller picked it by hand. */
function checkNotTriedTooOften(
  { tables, time, scenario }: Simulated,
  { id, tripId, offer, wantedItinerary }: AttemptRow,
): void {
  const earlier = tables.attemptsOf(tripId).filter((one) => one.id !== id);
  const tried = earlier.filter((one) => {
    const step = tables.step(one.id, 'authorize');
    return step && step.outcome !== 'not_attempted' && time.now - step.intendedAt < DAY_MS - CLOCKS_DIFFER_MS;
  });
  demand(tried.length < MAX_PER_TRIP_A_DAY, 'H1', () => `authorized ${tried.length + 1} times in a day`);
  if (wantedItinerary !== null) return;
  const fare = fareOf(offer as Offer);
  const again = earlier.some(({ compensation, updatedAt }) => {
    const failed = compensation?.failedFare;
    const recent = time.now - updatedAt < SCHEDULE.watchIntervalMs;
    return recent && failed?.key === fare.key && failed.price.minor === fare.price.minor;
  });
  // A worker whose clock is ahead sees the interval end sooner.
  const clocksDiffer = scenario.skewsMs.some((skew) => skew !== 0);
  demand(!again || clocksDiffer, 'H2', () => 'authorized again for a fare that just failed');
}

function checkAllowed(flags: FlagService, call: string): void {
  const within = (since: number, limit: number, why: string) =>
    demand(since <= limit, 'A5', () => `${call} ${why}`);
  within(flags.since('auto_booking_disable_all', true), KILL_WITHIN_MS, 'after the kill switch');
  within(flags.since('auto_booking_pipeline_enabled', false), KILL_WITHIN_MS, 'after the gate shut');
  const outage = flags.since('outage', true);
  within(outage, OUTAGE_GRACE_MS + KILL_WITHIN_MS, 'though it is unknown whether it is allowed');
}

/** C1: a cancelled booking is refunded only once the airline has no order of it any more. */
function checkNoTicket({ vendors, tables }: Simulated, cancellationId: string): void {
  const orderId = tables.cancellations.get(cancellationId)?.orderId ?? '';
  const cancelled = vendors.orders.all.get(orderId)?.cancelled_at;
  demand(Boolean(cancelled), 'C1', () => 'refunded though the order is live');
}

function checkOrderKnown({ tables, vendors, time, settings, scenario }: Simulated, attemptId: string): void {
  const live = [...vendors.orders.all.values()].some(
    ({ id, metadata, cancelled_at, created_at }) =>
      metadata.attempt_id === attemptId &&
      !vendors.theirs.has(id) &&
      !cancelled_at &&
      // An order that no list shows and no webhook has named can not be known.
      (time.now - Date.parse(created_at) >= scenario.listLagMs ||
        tables.attempts.get(attemptId)?.hintedOrderIds.includes(id)),
  );
  demand(!live, 'U1', () => 'voided though there is an order');
  const order = tables.step(attemptId, 'order');
  if (!order) return;
  const known = order.outcome !== null && order.outcome !== 'unknown';
  demand(known, 'U1', () => 'voided while the order is unknown');
  const attempt = tables.attempts.get(attemptId);
  const asked = attempt?.releaseRequestedAt != null;
  demand(asked || order.outcome !== 'released', 'U1', () => 'released though the traveller never asked');
  const captureBefore = attempt?.captureBefore?.getTime() ?? Number.POSITIVE_INFINITY;
  const most = Math.min(order.intendedAt + settings.orderLookupMs, captureBefore - AUTHORIZATION_MARGIN_MS);
  const until = Math.max(most, order.intendedAt + settings.orderLookupLeastMs);
  // The workers' clocks differ by up to this, and the wait is counted by them.
  const early = order.outcome === 'not_found' && time.now < until - CLOCKS_DIFFER_MS;
  demand(!early, 'U1', () => `an order taken for not made ${until - time.now} ms too early`);
}

/** The idempotency key a call carries, where its kind has one. */
function keyOf(call: string, [first, second, third]: readonly unknown[]): string | undefined {
  if (call === 'payments.authorize') return (first as { key: string }).key;
  if (call.startsWith('flights.')) return undefined;
  return String(call === 'payments.void' ? second : third);
}
