/** A vendor that refuses our account, and how long new bookings pause for it. */
export interface AccountTroubleRow {
  /** As its health check names it. */
  readonly vendor: string;
  /** The vendor's own word. */
  readonly code: string;
  readonly since: Date;
}

/** Troubles with our own accounts at the vendors, for every process. */
export interface AccountTroubleStore {
  /** Notes that the vendor refused our account now; new bookings pause, longer each time until an hour has been quiet. */
  record(trouble: Pick<AccountTroubleRow, 'vendor' | 'code'>): Promise<void>;
  /** Those for which new bookings pause now. */
  active(): Promise<readonly AccountTroubleRow[]>;
}
