import { parentPort } from 'node:worker_threads';
import { explore, type Task } from '../explore.ts';

/** A thread whose code may have been mutated as it was loaded; it stops at the first violation. */
parentPort?.on('message', async (task: Task) => {
  parentPort?.postMessage(await explore(task, true));
});
