import { ROUGH } from './after-ticket/course.ts';
import { createChance } from './chance.ts';
import { PROMPT } from './confirmation/course.ts';
import { atRandom, exactly, type Strike, scheduledFaultsOf } from './faults.ts';
import { calm, type Scenario, scenarioOf } from './scenario.ts';
import { type RunResult, Simulation } from './simulation.ts';

/** What one thread is asked to run. */
export type Task =
  | { readonly kind: 'seeds'; readonly from: number; readonly count: number }
  /** A calm day with these strikes, and, if asked for, with every further one after them. */
  | {
      readonly kind: 'strikes';
      readonly day?: Day;
      readonly strikes: readonly Strike[];
      readonly andOneMore: boolean;
    };

/**
 * Which calm day: the ticket is bought, or it is bought and cancelled, or its refund goes wrong as well, or its traveller must confirm the
 * payment first.
 */
export const DAYS = ['booking', 'cancelling', 'refunding', 'confirming'] as const;
export type Day = (typeof DAYS)[number];

/** The day without a fault. Its schedules strike the calls of the booking, or those of the cancellation. */
export function dayOf(day: Day): Scenario {
  const scenario = calm(CALM_SEED);
  if (day === 'booking') return scenario;
  if (day === 'confirming')
    return {
      ...scenario,
      trips: scenario.trips.map((trip) => ({ ...trip, bank: { ...PROMPT, asksFor: 1 } })),
    };
  const trips = scenario.trips.map((trip) => ({
    ...trip,
    cancelBookingAt: CANCELLED_AT_MS,
    ...(day === 'refunding' && { after: ROUGH }),
  }));
  return { ...scenario, trips };
}

/** Well after the ticket is there, in ms after the start. */
const CANCELLED_AT_MS = 60_000;

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
  readonly day: Day;
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
  keepTranscript = false,
): Promise<RunResult> => {
  const source = strikes
    ? exactly(strikes)
    : atRandom(createChance(scenario.seed ^ 0xfa17), scenario.faultRate);
  return new Simulation(scenario, () => source, keepTranscript).run();
};

/** @param stopAtFirst ends at the first violation */
export async function explore(task: Task, stopAtFirst = false): Promise<Tally> {
  const tally = emptyTally();
  const runs = task.kind === 'seeds' ? seeds(task) : strikes(task);
  const limit = stopAtFirst ? 1 : ENOUGH_VIOLATIONS;
  const day = (task.kind === 'strikes' && task.day) || 'booking';
  const lane = async (): Promise<void> => {
    for await (const { scenario, strikes: struck } of runs) {
      if (tally.violations.length >= limit) return;
      note(tally, scenario, day, struck, await newRun(scenario, struck));
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
  day = 'booking',
  strikes,
  andOneMore,
}: Extract<Task, { kind: 'strikes' }>): AsyncGenerator<Planned> {
  const scenario = dayOf(day);
  yield { scenario, strikes };
  if (andOneMore)
    for (const more of await nextStrikes(strikes, day, true)) yield { scenario, strikes: [...strikes, more] };
}

/**
 * Every fault that may strike after these: each call of that run, with each fault it may meet.
 * @param lastOnly no strike may follow these: it strikes what a day is about, for what comes before are schedules of another day
 */
export async function nextStrikes(
  strikes: readonly Strike[],
  day: Day = 'booking',
  lastOnly = false,
): Promise<Strike[]> {
  const { calls } = await newRun(dayOf(day), strikes);
  const after = lastOnly ? strikesFrom(day, calls) : 0;
  const from = Math.max(after, strikes.at(-1)?.at ?? 0);
  return calls.flatMap((call, index) =>
    index < from ? [] : scheduledFaultsOf(call).map((kind) => ({ at: index + 1, kind })),
  );
}

function strikesFrom(day: Day, calls: readonly string[]): number {
  if (day === 'booking') return 0;
  return day === 'confirming' ? Math.max(0, calls.indexOf('payments.authorize')) : cancellingFrom(calls);
}

/** Where the cancelling saga begins: its claim comes right before its first quote. Past the end when there is none. */
function cancellingFrom(calls: readonly string[]): number {
  const quoted = calls.indexOf('flights.quoteCancellation');
  return quoted < 0 ? calls.length : quoted - 1;
}

function note(
  tally: Tally,
  { seed }: Scenario,
  day: Day,
  strikes: readonly Strike[] | null,
  ending: RunResult,
): void {
  tally.runs += 1;
  tally.events += ending.events;
  for (const { call, kind } of ending.struck) add(tally.covered, `${call} ${kind}`, 1);
  for (const end of ending.trips) add(tally.ends, end, 1);
  if (ending.breach) tally.violations.push({ seed, day, strikes, message: ending.breach.message });
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
