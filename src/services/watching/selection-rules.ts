import type { Flags } from '../../flags/flags.ts';

/** How offers are chosen at present, as the flags have it. */
export async function selectionRules(flags: Flags) {
  const [advancedFiltering, priceOptimization] = await Promise.all([
    flags.isOn('flight_search_advanced_filtering'),
    flags.isOn('flight_search_price_optimization'),
  ]);
  return { advancedFiltering, priceOptimization };
}
