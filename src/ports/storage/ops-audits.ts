/** An act of ops, as evidence. */
export interface OpsAuditEntry {
  readonly actor: string;
  readonly action: string;
  /** What was acted on. */
  readonly target: Record<string, unknown>;
  /** False when it was refused, by the actor's role or because it was not possible, so that nothing happened. */
  readonly allowed: boolean;
  readonly correlationId: string | null;
}

/** The log of what ops did, in storage. */
export interface OpsAuditStore {
  record(entry: OpsAuditEntry): Promise<void>;
}
