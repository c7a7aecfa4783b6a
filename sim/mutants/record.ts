import { readFileSync, writeFileSync } from 'node:fs';
import type { Day, Task, Violation } from '../explore.ts';
import type { Strike } from '../faults.ts';
import { MUTANTS } from './list.ts';
import { STORAGE_MUTANTS } from './storage-mutants.ts';

/** The run that catches a mutant of the simulator. */
export type CatchingRun =
  | { readonly seed: number }
  | { readonly day: Day; readonly strikes: readonly Strike[] };

/** By mutant: the run, or the file of tests, that caught it last. `npm run mutants` keeps it up to date. */
export interface Recorded {
  readonly simulator: Record<string, CatchingRun>;
  readonly storage: Record<string, string>;
}

const FILE = new URL('./caught.json', import.meta.url);

export const readRecorded = (): Recorded => JSON.parse(readFileSync(FILE, 'utf8')) as Recorded;

/** Writes it in the order of the lists; what is of a mutant that is gone is left out. */
export function writeRecorded({ simulator, storage }: Recorded): void {
  const ordered = <T>(of: Record<string, T>, mutants: readonly { readonly name: string }[]) =>
    Object.fromEntries(mutants.flatMap(({ name }) => (of[name] === undefined ? [] : [[name, of[name]]])));
  const recorded = { simulator: ordered(simulator, MUTANTS), storage: ordered(storage, STORAGE_MUTANTS) };
  writeFileSync(FILE, `${JSON.stringify(recorded, null, 1)}\n`);
}

export const runOf = ({ seed, day, strikes }: Violation): CatchingRun =>
  strikes ? { day, strikes } : { seed };

export const taskOf = (run: CatchingRun): Task =>
  'seed' in run
    ? { kind: 'seeds', from: run.seed, count: 1 }
    : { kind: 'strikes', day: run.day, strikes: run.strikes, andOneMore: false };

/** The options of `npm run sim` that run it again. */
export const optionsOf = (run: CatchingRun): string =>
  'seed' in run
    ? `--seed ${run.seed}`
    : `--day ${run.day} --strikes ${run.strikes.map(({ at, kind }) => `${at}:${kind}`).join(',') || 'none'}`;
