import { createChance } from './chance.ts';
import { atRandom, exactly, faultsOf, type Strike } from './faults.ts';
import { calm, type Scenario, scenarioOf } from './scenario.ts';
import { type Ending, Simulation } from './simulation.ts';

/** What one thread is asked to run. */
export type Task =
  | { readonly kind: 'seeds'; readonly from: number; readonly count: number }
  /** The calm day with these strikes, and, if asked for, with every further one after them. */
  | { readonly kind: 'strikes'; readonly strikes: readonly Strike[]; readonly andOneMore: boolean };

/** What came of it. */
export interface Tally {
  runs: number;
  events: number;
  /** `payments.capture lost` and the like, each with how often it struck. */
  covered: Map<string, number>;
  /** How trips ended. */
  ends: Map<string, number>;
  violations: Violation[];
}

export interface Violation {
  readonly seed: number;
  readonly strikes: readonly Strike[] | null;
  readonly message: string;
}

export const emptyTally = (): Tally => ({
  runs: 0,
  events: 0,
  covered: new Map(),
  ends: new Map(),
  violations: [],
});

/** Runs that share a thread: waiting for one another's promises costs more than running them. */
const AT_ONCE = 16;
/** After so many a thread has made its point. */
const ENOUGH_VIOLATIONS = 20;
export const CALM_SEED = 1;

export const newRun = (
  scenario: Scenario,
  strikes: readonly Strike[] | null,
  keepStory = false,
): Promise<Ending> => {
  const source = strikes
    ? exactly(strikes)
    : atRandom(createChance(scenario.seed ^ 0xfa17), scenario.faultRate);
  return new Simulation(scenario, () => source, keepStory).run();
};

/** @param stopAtFirst ends at the first violation */
export async function explore(task: Task, stopAtFirst = false): Promise<Tally> {
  const tally = emptyTally();
  const runs = task.kind === 'seeds' ? seeds(task) : strikes(task);
  const limit = stopAtFirst ? 1 : ENOUGH_VIOLATIONS;
  const lane = async (): Promise<void> => {
    for await (const { scenario, strikes: struck } of runs) {
      if (tally.violations.length >= limit) return;
      note(tally, scenario, struck, await newRun(scenario, struck));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  tally.violations.sort((a, b) => a.seed - b.seed);
  return tally;
}

interface Planned {
  readonly scenario: Scenario;
  readonly strikes: readonly Strike[] | null;
}

async function* seeds({ from, count }: Extract<Task, { kind: 'seeds' }>): AsyncGenerator<Planned> {
  for (let seed = from; seed < from + count; seed += 1) yield { scenario: scenarioOf(seed), strikes: null };
}

async function* strikes({
  strikes,
  andOneMore,
}: Extract<Task, { kind: 'strikes' }>): AsyncGenerator<Planned> {
  const scenario = calm(CALM_SEED);
  yield { scenario, strikes };
  if (andOneMore)
    for (const more of await nextStrikes(strikes)) yield { scenario, strikes: [...strikes, more] };
}

/** Every fault that may strike after these: each call of that run, with each fault it may meet. */
export async function nextStrikes(strikes: readonly Strike[]): Promise<Strike[]> {
  const { calls } = await newRun(calm(CALM_SEED), strikes);
  const after = strikes.at(-1)?.at ?? 0;
  return calls.flatMap((call, index) =>
    index < after ? [] : faultsOf(call).map((kind) => ({ at: index + 1, kind })),
  );
}

function note(tally: Tally, { seed }: Scenario, strikes: readonly Strike[] | null, ending: Ending): void {
  tally.runs += 1;
  tally.events += ending.events;
  for (const { call, kind } of ending.struck) add(tally.covered, `${call} ${kind}`, 1);
  for (const end of ending.trips) add(tally.ends, end, 1);
  if (ending.breach) tally.violations.push({ seed, strikes, message: ending.breach.message });
}

const add = (counts: Map<string, number>, key: string, by: number): void =>
  void counts.set(key, (counts.get(key) ?? 0) + by);

export function merge(into: Tally, tally: Tally): void {
  into.runs += tally.runs;
  into.events += tally.events;
  for (const [key, by] of tally.covered) add(into.covered, key, by);
  for (const [key, by] of tally.ends) add(into.ends, key, by);
  into.violations.push(...tally.violations);
}
