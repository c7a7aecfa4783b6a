import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Owned } from './owned.ts';
import { familyOf, isRunning, signalAll } from './process-table.ts';

/**
 * Ends what its owner started, once its owner asks for it or is gone: `owned.ts` starts it and writes to its stdin what to
 * end. Whatever ends the owner (Ctrl-C, `process.exit`, a crash, SIGKILL) closes that stdin.
 */
const POLL_MS = 50;

// Ctrl-C and a closing terminal are the owner's to handle.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const owned = new Map<number, Owned>();
for await (const line of createInterface({ input: process.stdin })) {
  const { id, thing } = JSON.parse(line) as { id: number; thing?: Owned };
  if (thing) owned.set(id, thing);
  else owned.delete(id);
}
// What was started last may need what was started before it.
for (const { pid, endSignal, patienceMs, folder } of [...owned.values()].reverse()) {
  if (pid) await end(pid, endSignal ?? 'SIGTERM', patienceMs ?? 0);
  if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}

async function end(pid: number, signal: NodeJS.Signals, patienceMs: number): Promise<void> {
  if (!isRunning(pid)) return;
  const family = familyOf(pid);
  signalAll([pid], signal);
  // A stopped process does not hear of it before it goes on.
  signalAll(family, 'SIGCONT');
  const deadline = Date.now() + patienceMs;
  while (isRunning(pid) && Date.now() < deadline) await sleep(POLL_MS);
  signalAll(family, 'SIGKILL');
  while (isRunning(pid)) await sleep(POLL_MS);
}
