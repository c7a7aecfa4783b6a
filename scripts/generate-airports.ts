import { writeFileSync } from 'node:fs';
import data from 'airport-data-js';

/**
 * Writes src/domain/airports.json: every airport with scheduled service, as `IATA: [name, time zone, country]`.
 * The package holds far more than a worker should keep in memory. Data: airport-data-js, CC BY 4.0.
 */
const rows = await data.findAirports({ has_scheduled_service: true });
const airports: Record<string, [string, string, string]> = {};
for (const row of rows.sort((a, b) => a.iata.localeCompare(b.iata)))
  if (/^[A-Z]{3}$/.test(row.iata) && row.time) airports[row.iata] = [row.airport, row.time, row.country_code];
const lines = Object.entries(airports).map(
  ([code, entry]) => `${JSON.stringify(code)}: ${JSON.stringify(entry)}`,
);
writeFileSync(new URL('../src/domain/airports.json', import.meta.url), `{\n${lines.join(',\n')}\n}\n`);
console.log(`${lines.length} airports`);
