import { Worker } from 'node:worker_threads';
import { nextStrikes, type Tally, type Task } from '../explore.ts';
import { type CatchingRun, runOf, taskOf } from './record.ts';
import type { MutatedTask } from './thread.ts';

/** A run that a mutant did not survive, and the check that said so. */
export interface Catch {
  readonly run: CatchingRun;
  readonly check: string;
}

/** An order or its payment that went wrong, and one more fault after it: the corner where most of the harm is done. */
const BAD = new Set(['capture_refused', 'order_twice', 'order_202_hours', 'order_5xx_made', 'lost']);
const huntingGround = async (): Promise<Task[]> => [
  { kind: 'seeds', from: 1, count: 100 },
  { kind: 'strikes', strikes: [], andOneMore: true },
  { kind: 'strikes', day: 'cancelling', strikes: [], andOneMore: true },
  { kind: 'strikes', day: 'refunding', strikes: [], andOneMore: true },
  { kind: 'seeds', from: 101, count: 900 },
  ...(await nextStrikes([]))
    .filter(({ kind }) => BAD.has(kind))
    .map((strike): Task => ({ kind: 'strikes', strikes: [strike], andOneMore: true })),
  { kind: 'seeds', from: 1_001, count: 49_000 },
];

/** So many mutants' modules stay in a thread's memory; then another takes its place. */
const MUTANTS_PER_THREAD = 40;

const THREAD = new URL('./thread.ts', import.meta.url);
/** Types are stripped by a function of Node's that is still marked experimental. */
const QUIET = ['--disable-warning=ExperimentalWarning'];

/** A thread that runs the simulator on mutated code. */
export class Hunter {
  #thread: Worker | null = null;
  #mutants = 0;

  /** Runs these, until an invariant breaks in one. @returns null when none does */
  async tryRuns(mutants: readonly string[], runs: readonly CatchingRun[]): Promise<Catch | null> {
    return this.#try(mutants, runs.map(taskOf));
  }

  /** Looks for a run in which an invariant breaks, where it is likeliest first: most mutants die on a day with one fault. */
  async search(mutants: readonly string[]): Promise<Catch | null> {
    return this.#try(mutants, await huntingGround());
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
    this.#thread = null;
  }

  async #try(mutants: readonly string[], tasks: readonly Task[]): Promise<Catch | null> {
    this.#mutants += 1;
    if (this.#mutants % MUTANTS_PER_THREAD === 0) await this.close();
    for (const task of tasks) {
      const { violations } = await this.#run({ mutants, task });
      const [first] = violations;
      if (first) return { run: runOf(first), check: first.message };
    }
    return null;
  }

  #run(task: MutatedTask): Promise<Tally> {
    const thread = (this.#thread ??= new Worker(THREAD, { execArgv: QUIET }));
    return new Promise((resolve, reject) => {
      const failed = (error: unknown) =>
        reject(new Error(`the simulator fails with "${task.mutants.join(' + ')}"`, { cause: error }));
      thread.once('error', failed).once('message', (tally: Tally) => {
        thread.off('error', failed);
        resolve(tally);
      });
      thread.postMessage(task);
    });
  }
}
