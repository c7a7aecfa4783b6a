import type { FareRules } from '../../domain/selection.ts';
import type { Trip } from '../../ports/storage/trips.ts';

/** What a trip measures fares by, besides what the flags decide. */
export const rulesOf = (trip: Trip): Pick<FareRules, 'asked' | 'criteria' | 'mandate'> => ({
  asked: trip,
  criteria: trip.criteria,
  mandate: { minor: trip.maxPriceMinor, currency: trip.currency },
});
