/** What Duffel says of its quota in the headers of every answer. Source: Duffel, "Rate limiting". */
export interface Quota {
  /** Requests in a window. */
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds since 1970 at which the window ends. */
  readonly resetAt: number;
}

/** `ratelimit-reset` has whole seconds: the window may end this much later than it says. */
const ROUNDING_MS = 1_000;
/** Duffel's window. Source: Duffel, "Rate limiting". */
const WINDOW_MS = 60_000;
/** A reset farther ahead is no reset of such a window: a wrong clock, on either side. */
const FARTHEST_MS = WINDOW_MS + 5_000;

/**
 * @param now milliseconds since 1970
 * @returns undefined when the answer does not state the quota, as one of a proxy's
 */
export function readQuota(headers: Pick<Headers, 'get'> | null | undefined, now: number): Quota | undefined {
  const limit = Number(headers?.get('ratelimit-limit'));
  const remaining = headers?.get('ratelimit-remaining');
  const resetMs = readReset(headers?.get('ratelimit-reset'), now);
  if (!limit || !remaining || resetMs === undefined) return undefined;
  return { limit, remaining: Number(remaining), resetAt: now + resetMs };
}

/**
 * Milliseconds until the window has ended for certain, by `ratelimit-reset`, which is a date in whole seconds. A date that has
 * passed, or lies farther ahead than any window ends, says nothing of the window: a whole one is waited for.
 * @returns more than 0; undefined when there is no date
 */
export function readReset(header: string | null | undefined, now: number): number | undefined {
  const at = header ? Date.parse(header) : Number.NaN;
  if (Number.isNaN(at)) return undefined;
  const left = at + ROUNDING_MS - now;
  return left > 0 && left <= FARTHEST_MS ? left : WINDOW_MS;
}
