/** One entry of the audit log as it was chained: `canonical` is the text its hash was made of. */
export interface ChainedEntry {
  readonly chain: string;
  readonly seq: number;
  readonly canonical: string;
  /** Both hashes are SHA-256, in hexadecimal. */
  readonly prevHash: string;
  readonly hash: string;
  readonly type: string;
  readonly attemptId: string | null;
  readonly state: RecordedState | null;
  /** Whether its trip and its user are those of its chain. */
  readonly inPlace: boolean;
}

/** What an entry's transaction left behind; see `audit_state` in migrations/0002. */
export interface RecordedState {
  readonly trip: Record<string, unknown> | null;
  readonly attempt: Record<string, unknown> | null;
  readonly booking: Record<string, unknown> | null;
}

/** Where a chain must end. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** Verbs of one read of the audit log. */
export interface AuditLogReader {
  /** By chain. */
  chainHeads(): Promise<Map<string, ChainHead>>;
  /** Entries in the order of chain and number, after a place in it; the canonical text is computed from the columns. */
  entries(page: { after: { chain: string; seq: number }; limit: number }): Promise<ChainedEntry[]>;
  /** How a trip, one of its attempts and its booking stand, in the shape that entries record. */
  currentState(tripId: string, attemptId: string | null): Promise<RecordedState>;
}

/** The audit log, for those who verify it. */
export interface AuditLog {
  /** Runs `work` on the audit log and the tables as of one moment, so that what is written meanwhile is not taken for tampering. */
  snapshot<T>(work: (log: AuditLogReader) => Promise<T>): Promise<T>;
}
