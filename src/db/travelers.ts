import { sql } from 'kysely';
import { compiled } from './compiled.ts';

/** Who flies on these trips: sealed, with the wrapped key of the user whose travellers they are. */
export const travelersOf = compiled((db, { tripIds }: { tripIds: readonly string[] }) =>
  db
    .selectFrom('tripRequests as t')
    .innerJoin('users as u', 'u.userId', 't.userId')
    .innerJoin('travelers as p', (join) =>
      join.onRef('p.userId', '=', 't.userId').on('p.id', '=', (eb) => eb.fn.any('t.travelerIds')),
    )
    .select(['t.id as tripId', 't.userId', 'u.dataKey', 'p.pii'])
    .where('t.id', '=', sql<string>`any (${tripIds}::uuid[])`),
);

/** Those of these travellers that the transaction may see, sealed, with their user's wrapped key. */
export const travelersNamed = compiled((db, { ids }: { ids: readonly string[] }) =>
  db
    .selectFrom('travelers as p')
    .innerJoin('users as u', 'u.userId', 'p.userId')
    .select(['p.id', 'p.pii', 'u.dataKey'])
    .where('p.id', '=', sql<string>`any (${ids}::uuid[])`),
);
