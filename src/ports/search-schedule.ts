/** How often fares are searched. */
export interface SearchSchedule {
  /** From one check of a trip to the next, in ms. */
  readonly watchIntervalMs: number;
  /** How long the answer of a shared search serves every trip that shares it, in ms. */
  readonly freshnessMs: number;
}
