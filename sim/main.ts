import { styleText } from 'node:util';
import { CALM_SEED, newRun, nextStrikes, type Tally, type Task } from './explore.ts';
import { readOptions } from './options.ts';
import { exploreAll } from './pool.ts';
import { replayAll } from './replay/index.ts';
import { calm, scenarioOf } from './scenario.ts';

/** `npm run sim -- --help` */
const options = readOptions(process.argv.slice(2));

if (options.kind === 'story') {
  const scenario = options.strikes ? calm(CALM_SEED) : scenarioOf(options.seed);
  const { story, breach, trips } = await newRun(scenario, options.strikes, true);
  console.log(story.join('\n'));
  const name = options.strikes ? 'the calm day with its strikes' : `seed ${options.seed}`;
  console.log(`sim: ${name}: ${breach ? breach.message : 'no violation'} (${trips.join(', ')})`);
  process.exit(breach ? 1 : 0);
}

if (options.kind === 'replay') process.exit((await replayAll(options.path)) ? 0 : 1);

const started = performance.now();
const task = options;
const tally = await exploreAll(await tasksOf(), progress);
report(tally, (performance.now() - started) / 1_000);
process.exit(tally.violations.length ? 1 : 0);

async function tasksOf(): Promise<Iterable<Task>> {
  if (task.kind === 'seeds') return chunks(task.from, task.seeds);
  const first = await nextStrikes([]);
  return [
    { kind: 'strikes', strikes: [], andOneMore: false },
    ...first.map((strike): Task => ({ kind: 'strikes', strikes: [strike], andOneMore: task.faults === 2 })),
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

function report({ runs, events, covered, ends, violations }: Tally, seconds: number): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  const what = task.kind === 'seeds' ? 'seeds' : `schedules of up to ${task.faults} faults`;
  const struck = [...covered.values()].reduce((sum, by) => sum + by, 0);
  console.log(`${count(runs)} ${what} in ${seconds.toFixed(1)} s: ${count(runs / seconds)} a second`);
  console.log(
    `${count(events)} events, ${count(struck)} faults struck, ${covered.size} kinds of schedule covered (call × fault)`,
  );
  const sorted = [...ends].sort((a, b) => b[1] - a[1]);
  console.log(`trips ended ${sorted.map(([end, by]) => `${end} ${count(by)}`).join(' · ')}`);
  for (const { seed, strikes, message } of violations) {
    const again = strikes
      ? `--strikes ${strikes.map(({ at, kind }) => `${at}:${kind}`).join(',')}`
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
