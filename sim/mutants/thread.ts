import { parentPort } from 'node:worker_threads';
import type { explore, Task } from '../explore.ts';
import { loadMutated } from './reload.ts';

/** What a thread is asked: to run this on code from which these defences were taken out. */
export interface MutatedTask {
  readonly mutants: readonly string[];
  readonly task: Task;
}

parentPort?.on('message', async ({ mutants, task }: MutatedTask) => {
  const loaded = await loadMutated<{ explore: typeof explore }>('sim/explore.ts', mutants);
  parentPort?.postMessage(await loaded.explore(task, true));
});
