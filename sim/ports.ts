import { CLAIM_MS } from '../src/domain/attempt.ts';
import { Permanent } from '../src/errors.ts';
import { type AuthorizeRequest, Declined } from '../src/ports/payments.ts';
import type { BookingPorts } from '../src/services/booking/ports.ts';
import type { CancellingPorts } from '../src/services/cancelling/ports.ts';
import { createAlertFuse } from '../src/services/fuse/alert.ts';
import type { FaultKind, OrderFault, Struck } from './faults.ts';
import { pauseOf } from './host.ts';
import { createMemoryAttemptHistory } from './memory/attempt-history.ts';
import { createMemoryCancellations } from './memory/cancellations.ts';
import { createMemoryFuse } from './memory/fuse.ts';
import { createMemoryNotifications } from './memory/notifications.ts';
import type { Run, Simulated } from './simulated.ts';
import { passengersOf, tripIndex } from './traveller.ts';
import { failureOf, ORDER_SPOILS, refusalOf, refusedWith } from './vendors/spoil.ts';

type Verb = (...args: never[]) => Promise<unknown>;

/** Milliseconds there and back, in the quiet case and in the worst. */
const TRAVEL: Record<string, readonly [number, number]> = {
  'flights.search': [400, 20_000],
  'flights.createOrder': [900, 2_000],
};
const STORE_TRAVEL = [1, 40] as const;
const VENDOR_TRAVEL = [60, 900] as const;

/** A port as one worker sees it: calls take time and go wrong, and the worker may not live to see their answer. */
export function through<T extends object>(sim: Simulated, run: Run, name: string, port: T): T {
  const wrapped: Record<string, Verb> = {};
  for (const [key, verb] of Object.entries(port))
    if (typeof verb === 'function')
      wrapped[key] = (...args: never[]) =>
        call(sim, run, `${name}.${key}`, () => (verb as Verb)(...args), args);
  return { ...port, ...wrapped };
}

async function call(
  sim: Simulated,
  { host, claimed }: Run,
  name: string,
  effect: () => Promise<unknown>,
  args: readonly unknown[],
): Promise<unknown> {
  sim.watch(name, args, { host, claimed });
  const struck = sim.strike(name, claimed?.id ?? null);
  const kind = struck?.kind ?? null;
  const store = !/^(flights|payments)\./.test(name);
  const [low, high] = TRAVEL[name] ?? (store ? STORE_TRAVEL : VENDOR_TRAVEL);
  const slowest = name === 'flights.createOrder' ? Math.max(high, sim.scenario.orderMs) : high;
  const travel = sim.chance.skewed(low, slowest);
  sim.tell(() => `${host.name} ${name}${kind ? ` ✗ ${kind}` : ''}`);
  if (kind === 'crash_before') return sim.kill(host);
  const { life } = host;
  // What is on its way arrives, whatever becomes of who sent it.
  await sim.time.sleep(travel);
  const outcome = await outcomeOf(() => perform(sim, name, struck, () => reach(sim, name, effect), args));
  if (kind === 'crash_after') return sim.kill(host);
  if (kind === 'pause') sim.stop(host, pauseOf(sim.chance));
  if (!host.awake || host.life !== life) await host.pass(0, life);
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

async function outcomeOf(work: () => Promise<unknown>): Promise<{ value: unknown } | { error: unknown }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}

async function perform(
  sim: Simulated,
  name: string,
  struck: Struck | null,
  effect: () => Promise<unknown>,
  args: readonly unknown[],
): Promise<unknown> {
  const { kind = null, code } = struck ?? {};
  switch (kind) {
    case null:
    case 'crash_after':
    case 'pause':
    case 'crash_before':
      return name === 'payments.authorize' && asksBack(sim, args)
        ? decline(sim, 'authentication_required', args, effect)
        : effect();
    case 'cut_before':
      throw new Error('the connection broke');
    case 'cut_after':
      await effect();
      throw new Error('the connection broke');
    case 'reset':
    case 'rate_limit':
    case 'server_error':
      throw failureOf(name, kind);
    case 'lost':
      await effect().catch(() => undefined);
      throw failureOf(name, kind);
    case 'declined':
    case 'declined_untold':
    case 'declined_soon':
    case 'sca':
      return decline(sim, code ?? declineCode(sim, kind), args, effect);
    case 'capture_refused':
      throw refusalOf(code);
    case 'refused':
      if (name !== 'flights.createOrder') throw new Permanent(code ?? 'refused', 'refused');
      sim.flights.spoil = refusedWith(code ?? 'refused');
      return effect();
    default:
      return spoilOrder(sim, kind, effect);
  }
}

/** A call that arrives, unless the vendor refuses our account just then. */
async function reach(sim: Simulated, name: string, effect: () => Promise<unknown>): Promise<unknown> {
  sim.surroundings.refusals.pass(name);
  return effect();
}

function declineCode({ surroundings }: Simulated, kind: FaultKind): string {
  if (kind === 'sca') return 'authentication_required';
  if (kind === 'declined_untold') return 'stolen_card';
  return kind === 'declined_soon' ? 'issuer_not_available' : surroundings.declines.next();
}

/** Whether the bank wants its traveller's confirmation, as the scenario has it. */
function asksBack({ scenario, vendors }: Simulated, [request]: readonly unknown[]): boolean {
  const { tripId } = request as AuthorizeRequest;
  const { asksFor = 0 } = scenario.trips[tripIndex(tripId)]?.bank ?? {};
  if (asksFor === 0) return false;
  const tried = [...vendors.payments.intents.values()].filter(({ metadata }) => metadata.trip_id === tripId);
  return tried.length < asksFor;
}

/** The issuer says no, unless the call does not come so far; Stripe keeps an intent of it all the same. */
async function decline(
  { surroundings, payments }: Simulated,
  code: string,
  [request]: readonly unknown[],
  effect: () => Promise<unknown>,
): Promise<unknown> {
  payments.decline = code;
  try {
    return await effect();
  } catch (error) {
    if (error instanceof Declined) surroundings.declines.note((request as AuthorizeRequest).attemptId, code);
    throw error;
  } finally {
    payments.decline = null;
  }
}

function spoilOrder(sim: Simulated, kind: OrderFault, effect: () => Promise<unknown>): Promise<unknown> {
  if (kind === 'order_twice') sim.vendorMadeTwo = true;
  sim.flights.spoil = ORDER_SPOILS[kind];
  return effect();
}

/** The booking saga's ports for one run, whose claim is remembered. */
export function bookingPorts(sim: Simulated, run: Run): BookingPorts {
  const { store } = sim;
  const remembered = {
    ...store,
    claim: async (attemptId: string) => {
      const claim = await store.claim(attemptId);
      if (claim) run.claimed = { kind: 'attempt', id: claim.subject.id, epoch: claim.subject.epoch };
      return claim;
    },
  };
  return {
    store: through(sim, run, 'store', remembered),
    offers: through(sim, run, 'offers', { keep: async () => undefined }),
    travelers: {
      ...through(sim, run, 'travelers', {
        passengersOf: async ({ tripId }: { tripId: string }) => passengersOf(sim, tripId),
      }),
      // Right before a search, and as little as a worker dies between the two.
      flyersOf: async (tripId) => passengersOf(sim, tripId),
    },
    flights: through(sim, run, 'flights', sim.flights),
    payments: through(sim, run, 'payments', sim.payments),
    history: through(sim, run, 'history', createMemoryAttemptHistory(sim.tables)),
    flags: sim.bookingFlags,
    flagsOf: ({ userId }) => sim.flags.snapshot(userId),
    alertFuse: createAlertFuse(alerting(sim, run)),
    afterCommit: () => undefined,
    clock: run.host.clock,
    log: sim.log,
    settings: sim.settings,
  };
}

/** The cancelling saga's ports for one run, whose claim is remembered. */
export function cancellingPorts(sim: Simulated, run: Run): CancellingPorts {
  const store = createMemoryCancellations(sim.tables);
  const remembered = {
    ...store,
    claim: async (bookingId: string) => {
      const claim = await store.claim(bookingId);
      if (claim) {
        const { id: cancellationId, attemptId: id, epoch } = claim.subject;
        run.claimed = { kind: 'cancellation', id, cancellationId, epoch };
      }
      return claim;
    },
  };
  return {
    store: through(sim, run, 'store', remembered),
    flights: through(sim, run, 'flights', sim.flights),
    payments: through(sim, run, 'payments', sim.payments),
    flagsOf: ({ userId }) => sim.flags.snapshot(userId),
    afterCommit: () => undefined,
    clock: run.host.clock,
    log: sim.log,
    settings: CANCELLING,
  };
}

/** As src/app/saga-ports.ts sets them. */
const CANCELLING = {
  claimMs: CLAIM_MS,
  verifyOrderMs: 10 * 60_000,
  refundLookupMs: 70_000,
  pendingRefundMs: 60_000,
  verifyRefundMs: 15 * 60_000,
};

const alerting = ({ tables }: Simulated, { host }: Run) => ({
  fuseStore: createMemoryFuse(tables),
  notifications: createMemoryNotifications(tables),
  clock: host.clock,
  afterCommit: () => undefined,
});
