/** A request that came with an Idempotency-Key. */
export interface KnownRequest {
  /** Digest of route and body. */
  readonly fingerprint: string;
  /** HTTP status of the reply; null while the request is being answered. */
  readonly status: number | null;
  /** The rest of the reply, encrypted with the user's data key. */
  readonly response: Buffer | null;
  /** The user's wrapped data key. */
  readonly dataKey: Buffer;
  /** When the request that is being answered came. */
  readonly createdAt: Date;
}

/** Idempotency keys in storage, by user. */
export interface IdempotencyStore {
  /** Frees the key for another request. */
  release(userId: string, key: string): Promise<void>;
  /** Runs `work` in one transaction that sees this user's keys alone; what `work` throws rolls it back. */
  transaction<T>(userId: string, work: (trx: IdempotencyTransaction) => Promise<T>): Promise<T>;
}

/** Verbs of one transaction on a user's keys. */
export interface IdempotencyTransaction {
  /** @returns false when the key is stored already; it waits for a transaction that is just storing it */
  insert(key: string, fingerprint: string): Promise<boolean>;
  lock(key: string): Promise<KnownRequest | undefined>;
  /** The request is being answered again, from `at` on. */
  restart(key: string, at: Date): Promise<void>;
  saveReply(key: string, reply: { readonly status: number; readonly response: Buffer }): Promise<void>;
  /** The user's wrapped data key. @throws Error when the user is not enrolled */
  dataKey(): Promise<Buffer>;
}
