/** What is known of a search that speaks for asking sooner or later again. */
export interface Prospect {
  readonly departureDate: string;
  /** The cheapest fare now over the highest cap of those who watch, less one: 0.1 is ten per cent too dear. Null: no fare. */
  readonly gap: number | null;
  /** How far the cheapest fare ranged of late, as a share of itself. */
  readonly volatility: number;
}

/** The most promising search is worth this many of the least. */
export const TOP_WORTH = 10;
/** However little it promises, a search waits no longer than this many times its fair share. */
export const LONGEST_WAIT = 3;
/** Of a fare that was never seen to move it is thought that it may, a little. This and the rest: `make bench -- drops`. */
const STILL = 0.005;
/** Until so many fares have been seen, one is thought to move as most do. */
const KNOWN_AFTER = 4;
const USUAL_VOLATILITY = 0.05;
/** Fares move most in the last weeks before departure. */
const SOON_DAYS = 21;
const DAY_MS = 24 * 3_600_000;

/**
 * How likely a look at this search is to pay off, against the others: 1 to `TOP_WORTH`. A fare is likely to come down to the
 * cap when the gap is small for how much the fare moves, and the more so the nearer the departure.
 */
export function worth({ departureDate, gap, volatility }: Prospect, now: Date): number {
  if (gap === null) return 1;
  const days = Math.max(0, (Date.parse(departureDate) - now.getTime()) / DAY_MS);
  const moves = Math.max(STILL, volatility) * (1 + Math.exp(-days / SOON_DAYS));
  const reach = Math.exp(-Math.max(0, gap) / moves);
  return 1 + (TOP_WORTH - 1) * reach;
}

/**
 * How far a fare ranged over the looks remembered, as a share of the middle one. Not the move from look to look: that is less the
 * oftener one looks.
 * @param fares in minor units
 */
export function volatilityOf(fares: readonly number[]): number {
  if (fares.length < KNOWN_AFTER) return USUAL_VOLATILITY;
  const sorted = fares.toSorted((a, b) => a - b);
  const [low, middle, high] = [0, Math.floor(sorted.length / 2), -1].map((at) => sorted.at(at) as number);
  return ((high as number) - (low as number)) / (middle as number);
}

/** Looks are spread over this share of the interval, so that what was asked together is not asked together for ever. */
const JITTER = 0.1;

/** When a search is due again. @param seed any text; the same seed gives the same moment */
export function lookAgain(now: Date, watchIntervalMs: number, seed: string): Date {
  return new Date(now.getTime() + watchIntervalMs * (1 - JITTER * fraction(seed)));
}

/** A number from 0 to 1 that looks like chance and is none. FNV-1a. */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}

/** A search that is due. */
export interface DueSearch {
  readonly searchKey: string;
  /** One of those who wait for it. */
  readonly userId: string;
  /** Since it was last looked at, or since it is due if it never was. */
  readonly waitedMs: number;
  /** As `worth` has it; what was never looked at is worth most. */
  readonly worth: number;
}

/**
 * Shares `room` among searches that are due, when there is not room for all. Users come in turn, so that one who watches ten
 * thousand routes makes nobody wait who watches one; among the searches of a user, and among users in a turn, the longer wait
 * comes first, counted by what the search is worth.
 *
 * A search worth w waits m / w times its fair share, where m is the mean worth of those it shares with. None counts for less than
 * half that mean, which lifts the mean by half at most: so none waits longer than `LONGEST_WAIT` times its fair share.
 */
export function shareOut(due: readonly DueSearch[], room: number): string[] {
  const all = meanWorth(due);
  const own = new Map(
    [...Map.groupBy(due, ({ userId }) => userId)].map(([user, some]) => [user, meanWorth(some)]),
  );
  const least = ({ userId }: DueSearch) => (1.5 / LONGEST_WAIT) * Math.max(all, own.get(userId) ?? 0);
  const urgency = (one: DueSearch) => one.waitedMs * Math.max(one.worth, least(one));
  const byUrgency = due.toSorted((a, b) => urgency(b) - urgency(a));
  if (due.length <= room) return byUrgency.map(({ searchKey }) => searchKey);
  const turns: string[][] = [];
  const taken = new Map<string, number>();
  for (const { userId, searchKey } of byUrgency) {
    const turn = taken.get(userId) ?? 0;
    taken.set(userId, turn + 1);
    (turns[turn] ??= []).push(searchKey);
  }
  return turns.flat().slice(0, room);
}

const meanWorth = (searches: readonly DueSearch[]): number =>
  searches.reduce((sum, search) => sum + search.worth, 0) / Math.max(1, searches.length);
