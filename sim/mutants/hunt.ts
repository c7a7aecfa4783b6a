import { Worker } from 'node:worker_threads';
import { nextStrikes, type Tally, type Task } from '../explore.ts';

export interface Caught {
  readonly mutants: readonly string[];
  /** The check that caught it, and how to see that again; null when it lived. */
  readonly by: { readonly check: string; readonly how: string } | null;
  readonly runs: number;
}

/** An order or its payment that went wrong, and one more fault after it: the corner where most of the harm is done. */
const BAD = new Set(['capture_refused', 'order_twice', 'order_202_hours', 'order_5xx_made', 'lost']);
const badOrders = (await nextStrikes([])).filter(({ kind }) => BAD.has(kind));

/** Where to look, the cheapest first: most die on a day with one fault. */
const HUNT: readonly Task[] = [
  { kind: 'seeds', from: 1, count: 100 },
  { kind: 'strikes', strikes: [], andOneMore: true },
  { kind: 'seeds', from: 101, count: 900 },
  ...badOrders.map((strike): Task => ({ kind: 'strikes', strikes: [strike], andOneMore: true })),
  { kind: 'seeds', from: 1_001, count: 19_000 },
];

/** Runs the simulator on mutated code until an invariant breaks. */
export async function hunt(mutants: readonly string[]): Promise<Caught> {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), {
    execArgv: ['--import', new URL('./load.ts', import.meta.url).href],
    env: { ...process.env, MUTANT: mutants.join(';') },
  });
  let runs = 0;
  try {
    for (const task of HUNT) {
      const tally = await new Promise<Tally>((resolve, reject) => {
        worker.once('message', resolve).once('error', reject);
        worker.postMessage(task);
      });
      runs += tally.runs;
      const [first] = tally.violations;
      if (!first) continue;
      const { seed, strikes, message } = first;
      const how = strikes
        ? `--strikes ${strikes.map(({ at, kind }) => `${at}:${kind}`).join(',') || 'none'}`
        : `--seed ${seed}`;
      return { mutants, by: { check: message, how }, runs };
    }
    return { mutants, by: null, runs };
  } finally {
    await worker.terminate();
  }
}
