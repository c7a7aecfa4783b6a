/** A user of the API. Their e-mail address and their travellers are encrypted with their own data key. */
export interface User {
  readonly userId: string;
  /** Wrapped by a key of PII_KEYS. */
  readonly dataKey: Buffer;
  /** Encrypted; null while no token carried an address. */
  readonly email: Buffer | null;
  /** When the token that carried the address was issued; null without an address, and for those of earlier versions. */
  readonly emailAsOf: Date | null;
  /** The user's customer at the payment provider; null until the first card is saved. */
  readonly customerId: string | null;
}

/** Users in storage. */
export interface UserStore {
  find(userId: string): Promise<User | undefined>;
  setCustomerId(userId: string, customerId: string): Promise<void>;
  /** Runs `work` in one transaction that sees this user alone; what `work` throws rolls it back. */
  transaction<T>(userId: string, work: (trx: UserTransaction) => Promise<T>): Promise<T>;
}

/** What may be written of the transaction's user. */
export interface UserTransaction {
  find(): Promise<User | undefined>;
  /** Keeps the stored user when there is one already: the first data key stays. */
  insertIfAbsent(dataKey: Buffer): Promise<void>;
  /**
   * Keeps the stored address when it is that of a token as new, or newer.
   * @param email encrypted
   */
  setEmail(email: Buffer, asOf: Date): Promise<void>;
}
