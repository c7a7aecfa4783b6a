import type { Kysely } from 'kysely';
import type { DB } from '../db/client.ts';

/** @returns the exit code. @throws Error with one line for whoever typed it */
export type Command = (line: {
  /** Opened when it is asked for; some commands need none. */
  readonly db: () => Kysely<DB>;
  readonly words: readonly string[];
  readonly as?: string | undefined;
  readonly out?: string | undefined;
}) => Promise<number>;

/** `1 entry`, `3 entries`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
