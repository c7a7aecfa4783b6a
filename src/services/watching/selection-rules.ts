import type { Flags } from '../../ports/flags.ts';

/** How offers are chosen. */
export interface SelectionRules {
  readonly advancedFiltering: boolean;
  readonly priceOptimization: boolean;
}

/** The rules as the flags have them now. */
export async function selectionRules(flags: Pick<Flags, 'isOn'>): Promise<SelectionRules> {
  const [advancedFiltering, priceOptimization] = await Promise.all([
    flags.isOn('flight_search_advanced_filtering'),
    flags.isOn('flight_search_price_optimization'),
  ]);
  return { advancedFiltering, priceOptimization };
}
