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
