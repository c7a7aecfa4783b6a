/** Counts the streams that each user holds open, over all web processes. */
export interface OpenStreams {
  /** @returns undefined when the user holds as many as a user may */
  open(userId: string): Promise<OpenStream | undefined>;
}

/** One stream that is counted. */
export interface OpenStream {
  /** Says that the stream is still open: one that is silent for a minute counts as closed, for its process may be gone. */
  renew(): Promise<void>;
  close(): Promise<void>;
}
