import { Permanent } from '../src/errors.ts';
import type { SagaPorts } from '../src/services/booking/ports.ts';
import type { OrderFault, Struck } from './faults.ts';
import { pauseOf } from './host.ts';
import type { Run, Simulated } from './simulated.ts';
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
  const outcome = await settle(() => perform(sim, name, struck, effect));
  if (kind === 'crash_after') return sim.kill(host);
  if (kind === 'pause') sim.stop(host, pauseOf(sim.chance));
  if (!host.awake || host.life !== life) await host.pass(0, life);
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

async function settle(work: () => Promise<unknown>): Promise<{ value: unknown } | { error: unknown }> {
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
): Promise<unknown> {
  const { kind = null, code } = struck ?? {};
  switch (kind) {
    case null:
    case 'crash_after':
    case 'pause':
    case 'crash_before':
      return effect();
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
    case 'sca':
    case 'capture_refused':
      throw refusalOf(kind, code);
    case 'refused':
      if (name !== 'flights.createOrder') throw new Permanent(code ?? 'refused', 'refused');
      sim.flights.spoil = refusedWith(code ?? 'refused');
      return effect();
    default:
      return spoilOrder(sim, kind, effect);
  }
}

function spoilOrder(sim: Simulated, kind: OrderFault, effect: () => Promise<unknown>): Promise<unknown> {
  if (kind === 'order_twice') sim.vendorMadeTwo = true;
  sim.flights.spoil = ORDER_SPOILS[kind];
  return effect();
}

/** The saga's ports for one run, whose claim is remembered. */
export function sagaPorts(sim: Simulated, run: Run): SagaPorts {
  const { store } = sim;
  const remembered = {
    ...store,
    claim: async (attemptId: string) => {
      const claim = await store.claim(attemptId);
      if (claim) run.claimed = { id: claim.attempt.id, epoch: claim.attempt.epoch };
      return claim;
    },
  };
  return {
    store: through(sim, run, 'store', remembered),
    flights: through(sim, run, 'flights', sim.flights),
    payments: through(sim, run, 'payments', sim.payments),
    flags: sim.sagaFlags,
    clock: run.host.clock,
    log: sim.log,
    settings: sim.settings,
  };
}
