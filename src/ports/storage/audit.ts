/** One change of state, as evidence: who did it, to what, in which request. Its detail never holds PII. */
export interface AuditEntry {
  readonly userId: string;
  readonly tripId?: string | null;
  readonly attemptId?: string | null;
  readonly type: string;
  readonly detail?: Record<string, unknown>;
  /** `user:<id>`, `worker`, `webhook:stripe`, `operator:<id>`. */
  readonly actor: string;
  readonly correlationId?: string | null;
  readonly flags?: Record<string, boolean>;
  /** What a decision was made on. */
  readonly evidence?: unknown;
}
