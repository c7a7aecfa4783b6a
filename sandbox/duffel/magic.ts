/**
 * Routes on which Duffel's test airline misbehaves on purpose.
 * Source: Duffel, "Test your integration: Duffel Airways"; the list in use is in docs/sandbox.md.
 */
export type Magic =
  | 'no_offers'
  | 'connections'
  | 'segment_stop'
  | 'no_bags'
  | 'search_timeout'
  | 'no_services'
  | 'hold_allowed'
  | 'offer_gone_on_read'
  | 'price_rises_on_read'
  | 'airline_unknown'
  | 'insufficient_balance'
  | 'order_200'
  | 'order_202'
  | 'order_202_fails'
  | 'airline_changes'
  | 'airline_credits';

const ROUTES: Record<string, Magic> = {
  'PVD-RAI': 'no_offers',
  'JFK-EWR': 'hold_allowed',
  'LHR-DXB': 'connections',
  'DXB-AMS': 'segment_stop',
  'BTS-MRU': 'no_bags',
  'STN-LHR': 'search_timeout',
  'BTS-ABV': 'no_services',
  'LGW-LHR': 'offer_gone_on_read',
  'LHR-STN': 'price_rises_on_read',
  'LHR-LGW': 'airline_unknown',
  'LGW-STN': 'insufficient_balance',
  'LTN-STN': 'order_200',
  'SEN-STN': 'order_202',
  'LCY-STN': 'order_202_fails',
  'LHR-LTN': 'airline_changes',
  'LTN-SYD': 'airline_credits',
};

export interface Slice {
  origin: string;
  destination: string;
  departure_date: string;
}

/** The magic of a request, which works on one-way trips only. */
export function magicOf(slices: readonly Slice[]): Magic | undefined {
  const [only, second] = slices;
  return only && !second ? ROUTES[`${only.origin}-${only.destination}`] : undefined;
}
