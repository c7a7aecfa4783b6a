import { DateTime } from 'luxon';
import { z } from 'zod';

/** An instant as Postgres writes it, in whatever time zone its session has; one that exists. */
const INSTANT = /^[12]\d{3}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d)?$/;
const byInstant = z.object({
  at: z.string().refine((at) => INSTANT.test(at) && DateTime.fromSQL(at).isValid),
  id: z.uuid(),
});
const byDate = z.object({ at: z.iso.date(), id: z.uuid() });

/** @param shape of the cursor's content */
const cursorOf = <T extends z.ZodType>(shape: T) =>
  z
    .string()
    .max(300)
    .transform((text, ctx) => {
      const parsed = shape.safeParse(decode(text));
      if (parsed.success) return parsed.data;
      ctx.addIssue({ code: 'custom', message: 'is not one of ours' });
      return z.NEVER;
    })
    .optional()
    .meta({ description: '`nextCursor` of the page before.' });

const limit = z.coerce.number().int().min(1).max(100).default(20);

/** The query of a list, newest first. */
export const pageQuery = z.object({ limit, cursor: cursorOf(byInstant) });

/** The query of a list with several orders. A cursor says which one it is of; without a word, the first. */
export const sortedPage = <Sort extends string>(sorts: readonly [Sort, ...Sort[]]) => ({
  limit,
  sort: z.enum(sorts).default(sorts[0] as never),
  cursor: cursorOf(
    z.union([byInstant, byDate]).and(z.object({ sort: z.enum(sorts).default(sorts[0] as never) })),
  ),
});

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** A page of a list, and the cursor of the next one. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable() });

/**
 * Removes the cursors from the rows and encodes the last one as the page's.
 * @param order of a list with several orders
 */
export function toPage<T extends { cursor: { at: string; id: string } }>(
  rows: readonly T[],
  limit: number,
  order?: string,
) {
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return {
    data: rows.map(({ cursor: _, ...row }) => row),
    nextCursor: last
      ? Buffer.from(JSON.stringify({ ...last.cursor, sort: order })).toString('base64url')
      : null,
  };
}
