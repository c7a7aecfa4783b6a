import { MIN_OFFER_LIFE_MS } from './selection.ts';

/** Offers that state no expiry are taken to live as long as Duffel's usually do, in ms. */
const UNSTATED_OFFER_LIFE_MS = 30 * 60_000;
/** After the traveller's time is over an order may begin for so long, in ms: whoever confirmed in the last second is served. */
export const ORDER_AFTER_CONFIRMATION_MS = 2 * 60_000;

/**
 * Until when a traveller may confirm a payment, so that its fare can still be bought then. docs/decisions/0033.
 * @param expiresAt when the offer lapses, RFC 3339; null where it does not say
 * @returns null when there is too little time to ask
 */
export function confirmableUntil(
  expiresAt: string | null,
  { leastMs, mostMs }: { readonly leastMs: number; readonly mostMs: number },
  now: Date,
): Date | null {
  const lapsesAt = expiresAt ? Date.parse(expiresAt) : now.getTime() + UNSTATED_OFFER_LIFE_MS;
  const latest = lapsesAt - MIN_OFFER_LIFE_MS - ORDER_AFTER_CONFIRMATION_MS;
  const until = Math.min(latest, now.getTime() + mostMs);
  return until - now.getTime() < leastMs ? null : new Date(until);
}

/** The attempt's deadline while its traveller is waited for. It is stored, and the other follows from it. */
export const deadlineAfter = (confirmableUntil: Date): Date =>
  new Date(confirmableUntil.getTime() + ORDER_AFTER_CONFIRMATION_MS);

/** Until when the traveller of a waiting attempt may confirm. */
export const confirmBy = ({ deadline }: { readonly deadline: Date }): Date =>
  new Date(deadline.getTime() - ORDER_AFTER_CONFIRMATION_MS);
