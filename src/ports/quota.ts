/** The share of the provider's quota that watching may use. The whole fleet shares it; a part is reserved for bookings. */
export interface WatchQuota {
  /** Acquires a permit for one call, to be released when its answer is there; or says how many ms to wait for one. */
  acquire(): Promise<{ readonly waitMs: number; release(): Promise<void> }>;
  /** How many more searches may be requested until the next sweep; null while the provider has set no limit. */
  room(): Promise<number | null>;
}
