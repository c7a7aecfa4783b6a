/**
 * Who made an object on a vendor's account, by the deployment's name that we write on each object we create.
 * `unnamed`: by a release from before the name, by a person in the dashboard, or by another system.
 */
export type MadeBy = 'us' | 'another_deployment' | 'unnamed';

/** A row of a vendor's list that lacks what is needed of it. There is something: it is unknown, not none. */
export interface UnreadableRow {
  /** Null when not even its id can be read. */
  readonly id: string | null;
  readonly attemptId: string | null;
  readonly madeBy: MadeBy;
  /** The field that is missing or malformed. */
  readonly field: string;
}

/** Rows of a vendor's list. One that can't be read hides no other. */
export interface VendorRows<Row> {
  readonly rows: readonly Row[];
  readonly unreadable: readonly UnreadableRow[];
}

/** One page of a vendor's list. */
export interface VendorPage<Row> extends VendorRows<Row> {
  /** Where the next page starts; null on the last. */
  readonly next: string | null;
}

/** Reads a list page by page, so that memory is bounded whatever the history. */
export async function* pagesOf<Row>(
  read: (after: string | null) => Promise<VendorPage<Row>>,
): AsyncGenerator<VendorRows<Row>> {
  for (let after: string | null = null; ; ) {
    const page: VendorPage<Row> = await read(after);
    yield page;
    after = page.next;
    if (after === null) return;
  }
}
