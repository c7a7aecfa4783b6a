import type { Attempt } from '../../domain/attempt.ts';
import { fraction } from '../../domain/search-schedule.ts';
import type { BookingStepPorts } from './ports.ts';

/**
 * An order of unknown outcome is given up this long before its authorization lapses, in ms: capture stops a day before, and
 * an order that turns up in the last moment still needs hours to be captured, or to be cancelled by a person.
 */
export const AUTHORIZATION_MARGIN_MS = 36 * 3_600_000;
/** The longest time between two lookups, in ms: webhooks bring the news sooner, and hundreds of attempts may wait. */
const LONGEST_POLL_MS = 30 * 60_000;
/** Between two lookups passes this share of the time already waited: seconds at first, minutes later. */
const POLL_SHARE = 1 / 10;
/** Lookups are spread by up to this share of their interval, so that attempts of one outage do not ask together for ever. */
const POLL_JITTER = 0.2;

/**
 * Until when at most an order of unknown outcome is waited for. docs/decisions/0017 derives it.
 * @param ageMs how long ago the order call was recorded
 */
export function waitsUntil(
  { settings, clock }: Pick<BookingStepPorts, 'settings' | 'clock'>,
  { captureBefore }: Pick<Attempt, 'captureBefore'>,
  ageMs: number,
): Date {
  const orderedAt = clock.now().getTime() - ageMs;
  const allowed = captureBefore
    ? captureBefore.getTime() - AUTHORIZATION_MARGIN_MS
    : Number.POSITIVE_INFINITY;
  const latest = Math.min(orderedAt + settings.orderLookupMs, allowed);
  // The order call itself may take two minutes: an authorization of a short life does not shorten the first lookups.
  return new Date(Math.max(latest, orderedAt + settings.orderLookupLeastMs));
}

/**
 * How long to wait until the next lookup, in ms. The least time is asked often, as Duffel's own slowest airlines answer in
 * it; then ever less.
 * @param ageMs how long ago the order call was recorded
 */
export function nextPollMs(
  { settings }: Pick<BookingStepPorts, 'settings'>,
  { id, epoch }: Pick<Attempt, 'id' | 'epoch'>,
  ageMs: number,
): number {
  if (ageMs < settings.orderLookupLeastMs) return settings.orderPollMs;
  const interval = Math.max(settings.orderPollMs, Math.min(LONGEST_POLL_MS, ageMs * POLL_SHARE));
  return Math.round(interval * (1 - POLL_JITTER * fraction(`${id}${epoch}`)));
}
