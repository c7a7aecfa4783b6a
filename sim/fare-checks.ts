import type { Offer } from '../sandbox/duffel/types.ts';
import type { OrderRequest } from '../src/ports/flights.ts';
import { demand } from './breach.ts';
import type { Simulated } from './simulated.ts';

/**
 * O1: the fare that is ordered is the one that was meant: as the search showed it, and, by hand, as the traveller picked it.
 * O2: as it stands at the airline now, it fits the traveller's wishes.
 * @throws Breach
 */
export function checkFare({ tables, vendors }: Simulated, { tripId, attemptId, offer }: OrderRequest): void {
  const { offerId } = offer;
  const ordered = vendors.offers.get(offerId);
  if (!ordered) return;
  demand(!vendors.otherFare.has(offerId), 'O1', () => 'the fare that was shown is not the one ordered');
  const { criteria, selectedOfferId } = tables.trip(tripId);
  const byHand = tables.attempts.get(attemptId)?.wantedItinerary != null;
  const picked = byHand ? vendors.templateOf.get(selectedOfferId ?? '') : undefined;
  demand(
    !picked || vendors.templateOf.get(offerId) === picked,
    'O1',
    () => `${brandOf(ordered.offer)} ordered, ${picked && brandOf(picked.offer)} picked`,
  );
  const { maxStops, maxDurationMinutes = Number.POSITIVE_INFINITY, bags = 0 } = criteria;
  const { stops, minutes, checked } = factsOf(ordered.offer);
  demand(maxStops === undefined || stops <= maxStops, 'O2', () => `${stops} stops, wished ${maxStops}`);
  demand(
    minutes <= maxDurationMinutes,
    'O2',
    () => `${minutes} minutes, wished ${maxDurationMinutes} at most`,
  );
  demand(checked >= bags, 'O2', () => `${checked} bags, wished ${bags}`);
}

const brandOf = ({ slices }: Offer): string => slices[0]?.fare_brand_name ?? 'a fare without a name';

/** Read from the airline's own words, without the code that is checked. */
function factsOf({ slices }: Offer) {
  const segments = slices.flatMap((slice) => slice.segments);
  const bags = segments.flatMap(({ passengers }) =>
    passengers.map(({ baggages }) => baggages.find(({ type }) => type === 'checked')?.quantity ?? 0),
  );
  const stopsOf = (slice: Offer['slices'][number]) =>
    slice.segments.length - 1 + slice.segments.reduce((sum, { stops }) => sum + stops.length, 0);
  return {
    stops: Math.max(...slices.map(stopsOf)),
    minutes: Math.max(...slices.map(({ duration }) => minutesOf(duration))),
    checked: Math.min(...bags),
  };
}

function minutesOf(iso: string): number {
  const [, hours = '0', minutes = '0'] = /^PT(?:(\d+)H)?(?:(\d+)M)?$/.exec(iso) ?? [];
  return Number(hours) * 60 + Number(minutes);
}
