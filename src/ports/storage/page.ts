/** The last row of a page, after which the next page starts. The instant is text: a Date would lose its microseconds. */
export interface Cursor {
  readonly at: string;
  readonly id: string;
}

/** One page of a list, newest first. */
export interface Page {
  readonly limit: number;
  /** Null: the first page. */
  readonly after: Cursor | null;
}
