import { type RawBuilder, sql } from 'kysely';

/** Where a list goes on: the last row seen. The instant is text, for a Date would lose its microseconds. */
export interface Cursor {
  readonly at: string;
  readonly id: string;
}

export interface Page {
  readonly limit: number;
  readonly after: Cursor | null;
}

/** Newest first by `column` and id, after the cursor: pages by key, so that page 1,000 costs what page 1 costs. */
export function older(column: 'createdAt' | 'bookedAt', { after }: Page): RawBuilder<boolean> {
  if (!after) return sql<boolean>`true`;
  return sql<boolean>`(${sql.ref(column)}, id) < (${after.at}::timestamptz, ${after.id}::uuid)`;
}

/** The cursor's instant, to be selected beside the row. */
export const cursorAt = (column: 'createdAt' | 'bookedAt') => sql<string>`${sql.ref(column)}::text`.as('at');
