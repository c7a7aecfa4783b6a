import { type RawBuilder, sql } from 'kysely';
import type { Cursor, Page } from '../ports/storage/page.ts';

/** Newest first by `column` and id, after the cursor: pages by key, so that page 1,000 costs what page 1 costs. */
export function older(column: 'createdAt' | 'bookedAt', { after }: Page): RawBuilder<boolean> {
  if (!after) return sql<boolean>`true`;
  return sql<boolean>`(${sql.ref(column)}, id) < (${after.at}::timestamptz, ${after.id}::uuid)`;
}

/** The cursor's instant, to be selected beside the row. */
export const cursorAt = (column: 'createdAt' | 'bookedAt') => sql<string>`${sql.ref(column)}::text`.as('at');

/** Adds to each row the cursor of the rows after it. */
export const withCursors = <Row extends { readonly id: string; readonly at: string }>(
  rows: readonly Row[],
): (Omit<Row, 'at'> & { cursor: Cursor })[] =>
  rows.map(({ at, ...row }) => ({ ...row, cursor: { at, id: row.id } }));
