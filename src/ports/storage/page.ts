/** The last row of a page, after which the next page starts. `at` is what the list is sorted by: an instant is text, for a Date would lose its microseconds. */
export interface Cursor {
  readonly at: string;
  readonly id: string;
}

/** One page of a list. */
export interface Page {
  readonly limit: number;
  /** Null: the first page. */
  readonly after: Cursor | null;
}
