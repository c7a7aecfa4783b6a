/** What a search's priority is computed from. */
export interface PriorityFactors {
  readonly departureDate: string;
  /** The cheapest fare divided by the highest cap of the trips that watch, less one: 0.1 is 10 % too dear. Null: no fare. */
  readonly gap: number | null;
  /** The recent range of the cheapest fare, as a share of the fare. */
  readonly volatility: number;
}

/** The priority of the most promising search; the least promising has 1. */
export const MAX_PRIORITY = 10;
/** No search waits longer than this many times its fair share, however low its priority. */
export const MAX_WAIT_FACTOR = 3;
/** The least volatility assumed, for a fare that never moved may still move. This and the next: `make bench -- drops`. */
const MIN_VOLATILITY = 0.005;
/** With fewer fares than this, the usual volatility is assumed. */
const MIN_FARES = 4;
const USUAL_VOLATILITY = 0.05;
/** Fares move most in the last weeks before departure. */
const SOON_DAYS = 21;
const DAY_MS = 24 * 3_600_000;

/**
 * The priority of a search, 1 to `MAX_PRIORITY`: how likely it is to find a fare within the cap. That is likely when the gap
 * is small compared with the fare's volatility, and more so close to the departure.
 */
export function searchPriority({ departureDate, gap, volatility }: PriorityFactors, now: Date): number {
  if (gap === null) return 1;
  const days = Math.max(0, (Date.parse(departureDate) - now.getTime()) / DAY_MS);
  const moves = Math.max(MIN_VOLATILITY, volatility) * (1 + Math.exp(-days / SOON_DAYS));
  const reach = Math.exp(-Math.max(0, gap) / moves);
  return 1 + (MAX_PRIORITY - 1) * reach;
}

/**
 * The range of the fares as a share of their median. The change from one search to the next would not do: it is smaller the
 * more often one searches.
 * @param fares in minor units
 */
export function volatilityOf(fares: readonly number[]): number {
  if (fares.length < MIN_FARES) return USUAL_VOLATILITY;
  const sorted = fares.toSorted((a, b) => a - b);
  const [low, middle, high] = [0, Math.floor(sorted.length / 2), -1].map((at) => sorted.at(at) as number);
  return ((high as number) - (low as number)) / (middle as number);
}

/** Searches are spread over this share of the interval, so that trips created together are not searched together for ever. */
const JITTER = 0.1;

/** When a search is due again. @param seed any text; the same seed gives the same moment */
export function nextSearchAt(now: Date, watchIntervalMs: number, seed: string): Date {
  return new Date(now.getTime() + watchIntervalMs * (1 - JITTER * fraction(seed)));
}

/** A pseudo-random number from 0 to 1, always the same for one text. FNV-1a. */
export function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}

/** A search that is due. */
export interface DueSearch {
  readonly searchKey: string;
  /** One of the users whose trips wait for it. */
  readonly userId: string;
  /** Since it was last requested; since it became due if it never was. */
  readonly waitedMs: number;
  /** As `searchPriority` computes it; a search that was never answered has the highest. */
  readonly priority: number;
}

/**
 * Selects at most `room` of the searches that are due. Rounds go over the users, one search of each per round, so that a
 * user with ten thousand routes does not delay a user with one. Among the searches of a user, and among the users of a
 * round, the order is waiting time times priority.
 *
 * A search of priority p waits m / p times its fair share, where m is the mean priority of the searches it competes with. No
 * search counts for less than half that mean, which raises the mean by half at most: so none waits longer than
 * `MAX_WAIT_FACTOR` times its fair share.
 * @param room how many searches the quota allows; may be infinite
 * @returns search keys, most urgent first
 */
export function fairShare(due: readonly DueSearch[], room: number): string[] {
  const all = meanPriority(due);
  const own = new Map(
    [...Map.groupBy(due, ({ userId }) => userId)].map(([user, some]) => [user, meanPriority(some)]),
  );
  const least = ({ userId }: DueSearch) => (1.5 / MAX_WAIT_FACTOR) * Math.max(all, own.get(userId) ?? 0);
  const urgency = (one: DueSearch) => one.waitedMs * Math.max(one.priority, least(one));
  const byUrgency = due.toSorted((a, b) => urgency(b) - urgency(a));
  if (due.length <= room) return byUrgency.map(({ searchKey }) => searchKey);
  const rounds: string[][] = [];
  const counts = new Map<string, number>();
  for (const { userId, searchKey } of byUrgency) {
    const round = counts.get(userId) ?? 0;
    counts.set(userId, round + 1);
    (rounds[round] ??= []).push(searchKey);
  }
  return rounds.flat().slice(0, room);
}

const meanPriority = (searches: readonly DueSearch[]): number =>
  searches.reduce((sum, search) => sum + search.priority, 0) / Math.max(1, searches.length);
