import { sql } from 'kysely';

/**
 * Of an attempt's failed refunds, what a person stated to have paid in another way, in minor units. The alias is used nowhere else: it
 * would hide the row whose attempt is meant.
 * @param attempt column with the attempt's id
 */
export const paidElsewhereOf = (attempt: string) => sql<number>`
  (select coalesce(sum(elsewhere.amount_minor), 0)::bigint from refunds elsewhere
   where elsewhere.attempt_id = ${sql.ref(attempt)} and elsewhere.resolved_at is not null
     and exists (select from case_actions p where p.case_id = elsewhere.id::text and p.action = 'close'
       and p.terms @> '{"paidElsewhere":true}'))`;
