import { z } from 'zod';
import type { UnreadableRow, VendorRows } from '../ports/vendor-list.ts';

/**
 * Schemas for bodies that speak of money which has moved: what is not needed now is optional, and a value of the wrong type
 * counts as one that is missing. So a vendor's new spelling of a detail hides no order and no payment.
 */
export const optionalText = z.string().nullable().catch(null);
export const optionalRecord = z.record(z.string(), z.unknown()).catch({});
export const optionalList = <T extends z.ZodType>(item: T) =>
  z
    .array(z.unknown())
    .catch([])
    .transform((rows) =>
      rows.flatMap((row) => {
        const parsed = item.safeParse(row);
        return parsed.success ? [parsed.data] : [];
      }),
    );

/** Where a schema first found something else than it needs. */
export const firstField = ({ issues }: z.ZodError): string => issues[0]?.path.join('.') || 'body';

/** A row, or what is known of one that can't be read. */
export type Reading<Row> = { readonly row: Row } | { readonly unreadable: UnreadableRow };

/** Called for each row that can't be read, for logs and metrics. @param what such as `order` */
export type NoteUnreadable = (what: string, row: UnreadableRow) => void;

/** Sorts the rows of a list into those that can be read and those that can't. */
export function sortReadings<Row>(
  readings: readonly Reading<Row>[],
  what: string,
  note: NoteUnreadable,
): VendorRows<Row> {
  const rows: Row[] = [];
  const unreadable: UnreadableRow[] = [];
  for (const reading of readings)
    if ('row' in reading) rows.push(reading.row);
    else {
      unreadable.push(reading.unreadable);
      note(what, reading.unreadable);
    }
  return { rows, unreadable };
}
