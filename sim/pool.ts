import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { emptyTally, explore, merge, type Tally, type Task } from './explore.ts';

/** Spreads tasks over all cores. @param onProgress told of what is known so far */
export async function exploreAll(tasks: Iterable<Task>, onProgress: (tally: Tally) => void): Promise<Tally> {
  const total = emptyTally();
  const queue = tasks[Symbol.iterator]();
  const thread = async (): Promise<void> => {
    const worker = new Worker(new URL(import.meta.url));
    try {
      for (let task = queue.next(); !task.done; task = queue.next()) {
        merge(total, await answer(worker, task.value));
        onProgress(total);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, thread));
  return total;
}

function answer(worker: Worker, task: Task): Promise<Tally> {
  return new Promise((resolve, reject) => {
    worker.once('message', (tally: Tally) => {
      worker.off('error', reject);
      resolve(tally);
    });
    worker.once('error', reject);
    worker.postMessage(task);
  });
}

if (!isMainThread)
  parentPort?.on('message', async (task: Task) => {
    parentPort?.postMessage(await explore(task));
  });
