import type { Duplex } from 'node:stream';
import pg from 'pg';
import { StorageUnavailable } from '../../errors.ts';
import { isOver, sayingUnavailable } from './lost-connection.ts';

/*
 * It relies on two insides of pg 8: every statement of Kysely reaches `Client.query` as text and values, and the client's
 * socket is `connection.stream`. test/db/prepared.test.ts and test/db/as-user.test.ts fail when an upgrade changes either.
 */

/** Uses of a statement in one process before it is prepared. */
const MIN_USES = 5;
/** Prepared statements per connection: statements whose text grows with their values must not fill the server. */
const MAX_PREPARED = 100;

/** Uses by text of statements that are not prepared yet. */
const uses = new Map<string, number>();
/** Names by text of prepared statements. */
const names = new Map<string, string>();

/**
 * A prepared statement that selects `*` breaks when a deploy adds one ("cached plan must not change result type").
 * Source: PostgreSQL, "PREPARE".
 */
const EVERY_COLUMN = /(?:[.,]|\bselect|\breturning)\s*\*/i;

/** The name under which a statement is prepared; undefined while it has too few uses. */
function nameOf(text: string): string | undefined {
  const name = names.get(text);
  if (name || names.size >= MAX_PREPARED || EVERY_COLUMN.test(text)) return name;
  const times = (uses.get(text) ?? 0) + 1;
  if (times < MIN_USES) {
    // Texts that are used once must not fill this process either.
    if (uses.size > 10 * MAX_PREPARED) uses.clear();
    uses.set(text, times);
    return undefined;
  }
  uses.delete(text);
  names.set(text, `parker_${names.size}`);
  return names.get(text);
}

/**
 * A connection that prepares recurring statements, so that Postgres parses and plans them once. It also writes the statements
 * of one turn of the event loop to the socket together: the system call costs more than the bytes.
 */
export class PreparingClient extends pg.Client {
  /** Whether recurring statements are prepared by name. */
  protected readonly prepares: boolean = true;
  #corked = false;

  override query(...call: unknown[]): never {
    this.#corkUntilNextTick();
    const [text, values] = call;
    const recurs = this.prepares && typeof text === 'string' && Array.isArray(values) && values.length;
    const name = recurs ? nameOf(text) : undefined;
    const prepared = name ? [{ name, text, values }, ...call.slice(2)] : call;
    const answer: unknown = Reflect.apply(super.query, this, prepared);
    return (
      answer instanceof Promise ? answer.catch((error: unknown) => this.#refuse(error)) : answer
    ) as never;
  }

  /**
   * A statement hears of its connection's end before the socket closes, and gives it back to the pool. A client that is ending
   * leaves the pool instead, so that no statement is given a dying connection.
   */
  #refuse(error: unknown): never {
    const said = sayingUnavailable(error);
    if (said instanceof StorageUnavailable && isOver(said)) void this.end();
    throw said;
  }

  #corkUntilNextTick(): void {
    if (this.#corked) return;
    this.#corked = true;
    const { stream } = (this as unknown as { connection: { stream: Duplex } }).connection;
    stream.cork();
    process.nextTick(() => {
      this.#corked = false;
      stream.uncork();
    });
  }
}
