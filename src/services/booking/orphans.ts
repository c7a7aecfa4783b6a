/** Things of ours at a vendor that no trip of ours knows. */
export interface OrphanStore {
  /**
   * Commits that an orphan was found and what is about to be done, and tells ops.
   * @returns false once it is settled
   */
  announce(orphan: Orphan): Promise<boolean>;
  settle(providerId: string, outcome: string): Promise<void>;
}

export interface Orphan {
  readonly providerId: string;
  readonly kind: 'hold' | 'order';
  /** What is done about it: a hold without an order is let go; a ticket is for a person to decide on. */
  readonly action: 'release' | 'human';
  readonly attemptId: string | null;
}
