import { styleText } from 'node:util';
import { DAYS, type Day, dayOf, newRun, nextStrikes, type Tally, type Task } from './explore.ts';
import { type Options, readOptions } from './options.ts';
import { exploreAll } from './pool.ts';
import { replayAll, UnusableIncident } from './replay/index.ts';
import { scenarioOf } from './scenario.ts';

/** `npm run sim -- --help` */
const options = readOptions(process.argv.slice(2));

// Once all that was written has left the process: a long story would be cut off in a pipe.
const code = await succeeded().then((well) => (well ? 0 : 1), unusable);
process.stdout.write('', () => process.exit(code));

function succeeded(): Promise<boolean> {
  if (options.kind === 'story') return tell(options);
  return options.kind === 'replay' ? replayAll(options.path) : explore(options);
}

/** As for a command line that can't be read. */
function unusable(error: unknown): 2 {
  if (!(error instanceof UnusableIncident)) throw error;
  console.error(`sim: ${error.message}`);
  return 2;
}

async function tell({ seed, day, strikes }: Extract<Options, { kind: 'story' }>): Promise<boolean> {
  const scenario = strikes ? dayOf(day) : scenarioOf(seed);
  const { transcript, breach, trips } = await newRun(scenario, strikes, true);
  console.log(transcript.join('\n'));
  const name = strikes ? 'the calm day with its strikes' : `seed ${seed}`;
  console.log(`sim: ${name}: ${breach ? breach.message : 'no violation'} (${trips.join(', ')})`);
  return breach === null;
}

type Exploration = Extract<Options, { kind: 'seeds' | 'faults' }>;

async function explore(task: Exploration): Promise<boolean> {
  const started = performance.now();
  const tally = await exploreAll(await tasksOf(task), progress);
  report(task, tally, (performance.now() - started) / 1_000);
  return tally.violations.length === 0;
}

async function tasksOf(task: Exploration): Promise<Iterable<Task>> {
  if (task.kind === 'seeds') return chunks(task.from, task.seeds);
  const tasks = await Promise.all(DAYS.map((day) => strikesOn(day, task.faults)));
  return tasks.flat();
}

/** Every schedule of up to so many faults on that day. */
async function strikesOn(day: Day, faults: 1 | 2): Promise<Task[]> {
  const andOneMore = faults === 2;
  // Faults before the refund are schedules of the other two days.
  const first = await nextStrikes([], day, !andOneMore || day === 'refunding');
  return [
    { kind: 'strikes', day, strikes: [], andOneMore: false },
    ...first.map((strike): Task => ({ kind: 'strikes', day, strikes: [strike], andOneMore })),
  ];
}

/** Small enough that the last thread does not keep the others waiting. */
function* chunks(from: number, seeds: number): Iterable<Task> {
  const size = 250;
  for (let at = from; at < from + seeds; at += size)
    yield { kind: 'seeds', from: at, count: Math.min(size, from + seeds - at) };
}

function progress({ runs, violations }: Tally): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${count(runs)} runs, ${violations.length} violations `);
}

function report(
  task: Exploration,
  { runs, events, covered, ends, violations }: Tally,
  seconds: number,
): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  const what = task.kind === 'seeds' ? 'seeds' : `schedules of up to ${task.faults} faults`;
  const struck = [...covered.values()].reduce((sum, by) => sum + by, 0);
  console.log(`${count(runs)} ${what} in ${seconds.toFixed(1)} s: ${count(runs / seconds)} a second`);
  console.log(
    `${count(events)} events, ${count(struck)} faults struck, ${covered.size} kinds of schedule covered (call × fault)`,
  );
  const sorted = [...ends].sort((a, b) => b[1] - a[1]);
  console.log(`trips ended ${sorted.map(([end, by]) => `${end} ${count(by)}`).join(' · ')}`);
  for (const { seed, day, strikes, message } of violations) {
    const again = strikes
      ? `--day ${day} --strikes ${strikes.map(({ at, kind }) => `${at}:${kind}`).join(',')}`
      : `--seed ${seed}`;
    console.log(`${styleText('red', '✗')} ${message}\n  npm run sim -- ${again}`);
  }
  console.log(
    `sim: ${count(runs)} ${what}, ${count(covered.size)} schedules covered, ${violations.length} violations`,
  );
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}
