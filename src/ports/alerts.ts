/** Alerts the people on duty. */
export interface AlertProvider {
  /** @param text one line, without PII. @throws Retryable */
  alert(text: string): Promise<void>;
}
