/** One e-mail, rendered. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  readonly correlationId: string | null;
  readonly attachments?: readonly { filename: string; content: Buffer; contentType: string }[];
}

/** Sends e-mail. */
export interface MailProvider {
  /**
   * Sends one e-mail. The same key sends once, for 24 hours.
   * @returns the provider's id of the mail
   * @throws Permanent it will never be sent · Retryable it was not sent, or the same key may be tried again
   */
  send(mail: Mail, key: string): Promise<string>;
  /** State of the circuit breaker: `closed`, `open` or `half-open`. */
  readonly circuit: () => string;
}
