/** Locks that the whole fleet shares. */
export interface Locks {
  /**
   * Runs `work` unless another caller holds the lock. Such a lock only saves work: it may expire while a slow holder still
   * runs, so Postgres decides what must not happen twice.
   * @param ttlMs after which an abandoned lock expires; it is renewed while `work` runs
   * @returns undefined when the lock was held
   */
  withLock<T>(name: string, ttlMs: number, work: () => Promise<T>): Promise<T | undefined>;
}
