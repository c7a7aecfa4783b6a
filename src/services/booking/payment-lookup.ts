import type { Attempt } from '../../domain/attempt.ts';
import { Retryable } from '../../errors.ts';
import type { ListedAuthorization } from '../../ports/payments.ts';
import { pagesOf } from '../../ports/vendor-list.ts';
import type { BookingStepPorts } from './ports.ts';

/** How soon a payment that was not found is looked up again, in ms. */
export const LOOK_UP_MS = 2_000;

/** Payments older than this are no business of a live attempt, in ms: authorizations live for days, backups too. */
const OLDEST_PAYMENT_MS = 30 * 24 * 3_600_000;

/** The attempt's authorization, whatever became of it, found by our attempt id in the provider's metadata. */
export const findAuthorization = (
  ports: BookingStepPorts,
  attempt: Attempt,
  customerId: string,
): Promise<ListedAuthorization | undefined> =>
  searchAuthorizations(ports, attempt, customerId, ({ attemptId }) => attemptId === attempt.id);

/**
 * The first of the customer's authorizations that fits, newest first, on whichever page it is.
 * @throws Retryable when none fits, and one of this attempt can't be read: it is unknown, not none
 */
export async function searchAuthorizations(
  { payments, clock }: BookingStepPorts,
  attempt: Attempt,
  customerId: string,
  fits: (one: ListedAuthorization) => boolean,
): Promise<ListedAuthorization | undefined> {
  const since = new Date(Math.min(attempt.deadline.getTime(), clock.now().getTime()) - OLDEST_PAYMENT_MS);
  const pages = pagesOf((after) => payments.authorizationsOf(customerId, since, after));
  let unreadable = false;
  for await (const page of pages) {
    const found = page.rows.find((one) => one.madeBy !== 'another_deployment' && fits(one));
    if (found) return found;
    unreadable ||= page.unreadable.some(({ attemptId }) => attemptId === attempt.id);
  }
  if (unreadable)
    throw new Retryable('unreadable_authorization', 'an authorization of this attempt can not be read');
  return undefined;
}
