import { LRUCache } from 'lru-cache';
import { DateTime } from 'luxon';
import data from './airports.json' with { type: 'json' };

/** An airport with scheduled service. */
export interface Airport {
  /** IATA. */
  code: string;
  name: string;
  /** IANA time zone, such as `Europe/London`. */
  zone: string;
  country: string;
  /** In degrees, to a tenth: within 8 km. */
  latitude: number;
  longitude: number;
}

const AIRPORTS = data as unknown as Record<
  string,
  [name: string, zone: string, country: string, latitude: number, longitude: number]
>;

/** The airport of an IATA code, if it has scheduled service. */
export function airport(code: string): Airport | undefined {
  const row = Object.hasOwn(AIRPORTS, code) ? AIRPORTS[code] : undefined;
  if (!row) return undefined;
  const [name, zone, country, latitude, longitude] = row;
  return { code, name, zone, country, latitude, longitude };
}

/**
 * The instant of an airport-local time such as `2027-03-01T09:15:00`.
 * @param otherwise the zone of an airport that is not known here
 */
export function instantAt(code: string, localTime: string, otherwise = 'utc'): Date {
  return DateTime.fromISO(localTime, { zone: airport(code)?.zone ?? otherwise }).toJSDate();
}

/** Today's date at the airport, `yyyy-mm-dd`. */
export function localDate(code: string, now: Date): string {
  return DateTime.fromJSDate(now, { zone: airport(code)?.zone ?? 'utc' }).toISODate() ?? '';
}

/** Date and time of day at the airport, `yyyy-mm-dd` and `HH:MM`. */
export function localTime(code: string, now: Date): readonly [date: string, time: string] {
  const there = DateTime.fromJSDate(now, { zone: airport(code)?.zone ?? 'utc' });
  return [there.toISODate() ?? '', there.toFormat('HH:mm')];
}

/** Cached: the days of a year ahead in the common time zones recur. By time zone and date, in ms. */
const days = new LRUCache<string, number>({ max: 10_000 });

/** The last moment of a date at the airport. */
export function endOfDay(code: string, date: string): Date {
  const key = `${airport(code)?.zone} ${date}`;
  const known = days.get(key) ?? instantAt(code, `${date}T23:59:59.999`).getTime();
  days.set(key, known);
  return new Date(known);
}
