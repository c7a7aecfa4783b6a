import type { PastAuthorization } from '../../domain/authorization-limits.ts';
import type { FailedFare } from '../../domain/failed-fares.ts';

/** The authorizations of a trip and of the card that it pays with. */
export interface TripAuthorizations {
  /** The payment provider's id of the trip's card; null without one. */
  readonly card: string | null;
  readonly past: readonly PastAuthorization[];
}

/** What came of earlier attempts, in storage: so that what failed is not tried again and again. */
export interface AttemptHistory {
  /** The fares that each of these trips failed to buy in the last 30 days. A trip without one is left out. */
  failedFares(tripIds: readonly string[]): Promise<ReadonlyMap<string, readonly FailedFare[]>>;
  /** The authorizations of the last 30 days of each of these trips, and of their cards. */
  authorizations(tripIds: readonly string[]): Promise<ReadonlyMap<string, TripAuthorizations>>;
}
