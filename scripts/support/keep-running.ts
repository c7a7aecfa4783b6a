import { setTimeout as sleep } from 'node:timers/promises';
import type { Process } from './process.ts';

/** What the stack tells while it starts and runs. */
export interface StackListener {
  /** A step is done. */
  step(step: string, note: string): void;
  /** A process ended by itself and was started again. */
  restarted?(line: string): void;
  /** Something ended that can't be started again: the stack is of no more use. */
  broken?(why: string): void;
}

/** A process that ends this often within `WINDOW_MS` is not started again: something is wrong that a restart does not mend. */
const MAX_ENDS = 3;
const WINDOW_MS = 60_000;
const PAUSE_MS = 500;

/**
 * Starts a process, and starts it again when it ends by itself.
 * @param start resolves once the process does its work
 * @throws what the first start throws
 */
export async function keepRunning(
  name: string,
  listener: StackListener,
  start: () => Promise<Process>,
): Promise<void> {
  const ends: number[] = [];
  const watch = async (process: Process): Promise<void> => {
    const how = await process.gone;
    ends.push(Date.now());
    if (ends.filter((at) => Date.now() - at < WINDOW_MS).length >= MAX_ENDS)
      return listener.broken?.(
        `${name} ended ${MAX_ENDS} times within a minute; it said last:\n${process.tail()}`,
      );
    await sleep(PAUSE_MS);
    const next = await start();
    listener.restarted?.(`${name} ended (${how}) and was started again; see .cache/logs/${name}.log`);
    await watch(next);
  };
  const first = await start();
  watch(first).catch((error: Error) => listener.broken?.(error.message));
}
