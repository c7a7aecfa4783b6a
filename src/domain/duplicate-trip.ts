import { sharedCity } from './cities.ts';

/** Where and when a trip flies. */
export interface Journey {
  readonly origin: string;
  readonly destination: string;
  /** `yyyy-mm-dd` */
  readonly departureDate: string;
  readonly returnDate: string | null;
}

/** The days of a trip, `yyyy-mm-dd`, both included. */
export interface Days {
  readonly from: string;
  readonly to: string;
}

/** From the day of the first flight to that of the last. */
export const daysOf = ({ departureDate, returnDate }: Journey): Days => ({
  from: departureDate,
  to: returnDate ?? departureDate,
});

/**
 * Whether one person hardly means both trips: they ask for a flight of the same day between the same cities, or their days
 * overlap and neither begins where the other has brought the person.
 */
export function isDuplicate(one: Journey, other: Journey): boolean {
  const [days, others] = [daysOf(one), daysOf(other)];
  if (days.from > others.to || others.from > days.to) return false;
  return asksForSameFlight(one, other) || !(continues(one, other) || continues(other, one));
}

function asksForSameFlight(one: Journey, other: Journey): boolean {
  return flightsOf(one).some((flight) =>
    flightsOf(other).some(
      ({ from, to, on }) => on === flight.on && isSameCity(from, flight.from) && isSameCity(to, flight.to),
    ),
  );
}

const flightsOf = ({ origin, destination, departureDate, returnDate }: Journey) => [
  { from: origin, to: destination, on: departureDate },
  ...(returnDate === null ? [] : [{ from: destination, to: origin, on: returnDate }]),
];

/** Whether a trip goes on from where an earlier one ends, or is made from the place that the earlier one visits. */
const continues = (earlier: Journey, later: Journey): boolean =>
  later.departureDate >= earlier.departureDate &&
  (isSameCity(later.origin, earlier.destination) || later.departureDate === earlier.returnDate);

const isSameCity = (one: string, other: string): boolean =>
  one === other || sharedCity(one, other) !== undefined;
