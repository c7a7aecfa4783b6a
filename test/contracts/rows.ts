import { pagesOf, type VendorPage } from '../../src/ports/vendor-list.ts';

/** The rows of every page, as far as they can be read. */
export async function allRows<Row>(read: (after: string | null) => Promise<VendorPage<Row>>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of pagesOf(read)) rows.push(...page.rows);
  return rows;
}
