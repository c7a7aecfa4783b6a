import type { Cursor, Page } from './page.ts';

/** A traveller as stored: encrypted, with the wrapped data key of the user whose traveller it is. */
export interface EncryptedTraveler {
  readonly id: string;
  readonly pii: Buffer;
  readonly dataKey: Buffer;
}

/** A traveller with the time at which it was stored. */
export interface StoredTraveler extends EncryptedTraveler {
  readonly createdAt: Date;
}

/** Travellers in storage. Travellers of other users do not exist here. */
export interface TravelerStore {
  find(userId: string, id: string): Promise<StoredTraveler | undefined>;
  /** The user's travellers, newest first. */
  list(userId: string, page: Page): Promise<(StoredTraveler & { readonly cursor: Cursor })[]>;
  /** Runs `work` in one transaction that sees this user's rows alone; what `work` throws rolls it back. */
  transaction<T>(userId: string, work: (trx: TravelerTransaction) => Promise<T>): Promise<T>;
}

/** Verbs of one transaction on a user's travellers. */
export interface TravelerTransaction {
  /** The user's wrapped data key. @throws Error when the user is not enrolled */
  dataKey(): Promise<Buffer>;
  /** @returns when it was stored. @throws AlreadyExists `traveler` out of the transaction */
  insert(traveler: { readonly id: string; readonly pii: Buffer }): Promise<Date>;
  find(id: string): Promise<StoredTraveler | undefined>;
  update(id: string, pii: Buffer): Promise<void>;
  /** Whether a trip that is watched or being booked names the traveller; until the transaction ends none begins to. */
  isOnOpenTrip(id: string): Promise<boolean>;
  /** @returns false when there is no such traveller */
  delete(id: string): Promise<boolean>;
}
