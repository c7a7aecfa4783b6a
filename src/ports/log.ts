interface LogMethod {
  (fields: object, message: string): void;
  (message: string): void;
}

/** Structured logging: what happened as a message, ids as fields. Fields hold no PII. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  /** A logger that adds `bindings` to each line. */
  child(bindings: Record<string, unknown>): Logger;
}
