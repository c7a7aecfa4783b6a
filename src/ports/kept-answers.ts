/** Vendors' answers that are kept for readers, so that reading costs no vendor's quota. They may be lost at any time. */
export interface KeptAnswers {
  /** @returns undefined when there is none, or it can't be read now */
  find(key: string): Promise<string | undefined>;
  keep(key: string, answer: string): Promise<void>;
  /** Whether the vendor may be asked now: nobody else asks for this key, and the user has not asked too often. */
  mayAsk(key: string, userId: string): Promise<boolean>;
  /** Says that the vendor was asked, whether it answered or not. */
  asked(key: string): Promise<void>;
}
