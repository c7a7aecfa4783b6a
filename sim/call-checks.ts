import { CLAIM_MS, type MoneyStep } from '../src/domain/attempt.ts';
import { type FlagService, OUTAGE_GRACE_MS } from './flag-service.ts';
import { demand } from './invariants.ts';
import type { Run, Simulated } from './simulated.ts';

/** A kill switch stops new authorisations and orders within this. */
const KILL_WITHIN_MS = 2_000;

/** The step whose intent announces each call that moves money or seats. */
const STEP_OF: Record<string, MoneyStep> = {
  'payments.authorize': 'authorize',
  'flights.createOrder': 'order',
  'payments.capture': 'capture',
  'payments.release': 'void',
  'payments.refund': 'void',
  'flights.confirmCancellation': 'cancel_order',
};
const BEGINS = new Set(['payments.authorize', 'flights.createOrder']);

/**
 * What must be true at the moment a call leaves a worker: A4 it is announced, under its key, by whoever holds the newest
 * claim; A5 nothing new begins while it is forbidden; D1 nor past the deadline; F1 nor with a blown fuse; U1 money is not
 * let go while there is or may be an order.
 * @throws Breach
 */
export function checkCall(
  sim: Simulated,
  call: string,
  args: readonly unknown[],
  { host, claimed }: Run,
): void {
  const step = STEP_OF[call];
  // Only an orphan is dealt with outside a claim, and the row that announces it is not a step's.
  if (!step || !claimed) return;
  const attempt = sim.tables.attempts.get(claimed.id);
  const newest = attempt?.epoch;
  demand(newest === claimed.epoch, 'A4', () => `${call} by epoch ${claimed.epoch}, the newest is ${newest}`);
  const announced = sim.tables.step(claimed.id, step);
  const key = keyOf(call, args);
  const ours = announced?.outcome === null && (key === undefined || key === announced.key);
  demand(ours, 'A4', () => `${call} without a committed intent (${key})`);
  if (BEGINS.has(call)) {
    demand(host.clock.now() <= (attempt?.deadline ?? 0), 'D1', () => `${call} past the attempt's deadline`);
    const { blownAt } = sim.tables.fuse;
    const blown = blownAt !== null && sim.time.now - blownAt >= CLAIM_MS;
    demand(!blown, 'F1', () => `${call} with a blown fuse`);
    checkAllowed(sim.flagService, call);
  }
  if (call === 'payments.release') checkOrderKnown(sim, claimed.id);
}

function checkAllowed(flags: FlagService, call: string): void {
  const within = (since: number, limit: number, why: string) =>
    demand(since <= limit, 'A5', () => `${call} ${why}`);
  within(flags.since('auto_booking_disable_all', true), KILL_WITHIN_MS, 'after the kill switch');
  within(flags.since('auto_booking_pipeline_enabled', false), KILL_WITHIN_MS, 'after the gate shut');
  const outage = flags.since('outage', true);
  within(outage, OUTAGE_GRACE_MS + KILL_WITHIN_MS, 'though nobody can say whether it is allowed');
}

function checkOrderKnown({ tables, vendors, time, settings }: Simulated, attemptId: string): void {
  const live = [...vendors.orders.all.values()].some(
    ({ metadata, cancelled_at }) => metadata.attempt_id === attemptId && !cancelled_at,
  );
  demand(!live, 'U1', () => 'money let go though there is an order');
  const order = tables.step(attemptId, 'order');
  if (!order) return;
  const known = order.outcome !== null && order.outcome !== 'unknown';
  demand(known, 'U1', () => 'money let go while the order is unknown');
  const age = time.now - order.intendedAt;
  const early = order.outcome === 'not_found' && age < settings.settleWindowMs;
  demand(!early, 'U1', () => `an order given up after ${age} ms`);
}

/** The idempotency key a call carries, where its kind has one. */
function keyOf(call: string, [first, second, third]: readonly unknown[]): string | undefined {
  if (call === 'payments.authorize') return (first as { key: string }).key;
  if (call.startsWith('flights.')) return undefined;
  return String(call === 'payments.release' ? second : third);
}
