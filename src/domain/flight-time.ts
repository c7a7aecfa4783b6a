import type { Airport } from './airports.ts';

/** No airliner was faster over ground, in km/h: the record with a jet stream behind it is 1,327 (London–New York, 2020). */
const FASTEST_KMH = 1_350;
/** Places are known to a tenth of a degree: two of them may be nearer to each other by this, in km. */
const ROUNDED_BY_KM = 16;
const EARTH_DIAMETER_KM = 12_742;

/** Minutes that any flight between two airports takes at least, by the great circle. */
export function leastFlightMinutes(from: Airport, to: Airport): number {
  return Math.floor((Math.max(0, distanceKm(from, to) - ROUNDED_BY_KM) / FASTEST_KMH) * 60);
}

function distanceKm(from: Airport, to: Airport): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const north = Math.sin(radians(to.latitude - from.latitude) / 2) ** 2;
  const east = Math.sin(radians(to.longitude - from.longitude) / 2) ** 2;
  const half = north + Math.cos(radians(from.latitude)) * Math.cos(radians(to.latitude)) * east;
  return EARTH_DIAMETER_KM * Math.asin(Math.sqrt(half));
}
