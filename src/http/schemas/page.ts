import { DateTime } from 'luxon';
import { z } from 'zod';

/** `cursor` is `nextCursor` of the page before. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z
    .string()
    .max(300)
    .transform((text, ctx) => {
      const parsed = cursorShape.safeParse(decode(text));
      if (parsed.success) return parsed.data;
      ctx.addIssue({ code: 'custom', message: 'is not one of ours' });
      return z.NEVER;
    })
    .optional(),
});

/** An instant as Postgres writes it, in whatever time zone its session has; one that exists. */
const CURSOR_AT = /^[12]\d{3}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d)?$/;
const cursorShape = z.object({
  at: z.string().refine((at) => CURSOR_AT.test(at) && DateTime.fromSQL(at).isValid),
  id: z.uuid(),
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

/** Removes the cursors from the rows and encodes the last one as the page's. */
export function toPage<T extends { cursor: { at: string; id: string } }>(rows: readonly T[], limit: number) {
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return {
    data: rows.map(({ cursor: _, ...row }) => row),
    nextCursor: last ? Buffer.from(JSON.stringify(last.cursor)).toString('base64url') : null,
  };
}
