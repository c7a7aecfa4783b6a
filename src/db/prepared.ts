import type { Duplex } from 'node:stream';
import pg from 'pg';

/** A statement seen this often in one process is worth being prepared. */
const SEEN = 5;
/** Statements prepared per connection at most: those whose text grows with their values must not fill the server. */
const PREPARED = 100;

const seen = new Map<string, number>();
const names = new Map<string, string>();

/**
 * A prepared statement that asks for every column breaks when a deploy adds one ("cached plan must not change result type").
 * Source: PostgreSQL, "PREPARE".
 */
const EVERY_COLUMN = /(?:[.,]|\bselect|\breturning)\s*\*/i;

/** The name under which a statement is prepared, once it has proved to come back. */
function nameOf(text: string): string | undefined {
  const name = names.get(text);
  if (name || names.size >= PREPARED || EVERY_COLUMN.test(text)) return name;
  const times = (seen.get(text) ?? 0) + 1;
  if (times < SEEN) {
    // Texts that never come back must not fill this process either.
    if (seen.size > 10 * PREPARED) seen.clear();
    seen.set(text, times);
    return undefined;
  }
  seen.delete(text);
  names.set(text, `parker_${names.size}`);
  return names.get(text);
}

/**
 * A connection that has Postgres parse and plan a statement once, and not every time it is sent; and that puts what is sent
 * in the same breath into one write, for a write costs more than what it carries.
 */
export class PreparingClient extends pg.Client {
  #gathering = false;

  override query(...call: unknown[]): never {
    this.#gather();
    const [text, values] = call;
    const name =
      typeof text === 'string' && Array.isArray(values) && values.length ? nameOf(text) : undefined;
    const prepared = name ? [{ name, text, values }, ...call.slice(2)] : call;
    return Reflect.apply(super.query, this, prepared) as never;
  }

  #gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    const { stream } = (this as unknown as { connection: { stream: Duplex } }).connection;
    stream.cork();
    process.nextTick(() => {
      this.#gathering = false;
      stream.uncork();
    });
  }
}
