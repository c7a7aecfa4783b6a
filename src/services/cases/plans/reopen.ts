import type { AttemptPatch } from '../../../domain/attempt.ts';
import type { CaseTerms, OpenCase } from '../../../domain/case.ts';
import type { Money } from '../../../domain/money.ts';
import { inReference } from '../../../domain/reference-rates.ts';
import { Refused } from '../../../errors.ts';
import type { CaseTransaction } from '../../../ports/storage/cases.ts';
import { toOutboxJob } from '../../../queues/outbox/jobs.ts';
import type { CasePlan } from '../ports.ts';
import type { VendorTruth } from '../vendor-truth.ts';

/** Why an order that is not tied to the attempt by our own metadata takes two people. */
export const NOT_OURS = 'the order does not carry the metadata of this attempt';

/** From which step an attempt goes on. */
interface Reopening {
  readonly patch: AttemptPatch & { readonly caseTerms: CaseTerms };
  /** Closes the intent of the order call; null leaves it as it is. */
  readonly orderOutcome: string | null;
  /** The attempt ends with a ticket: its trip is booked again, if it was given up meanwhile. */
  readonly completes?: true;
}

/** Writes the attempt's next step and the job that runs it. A worker that was at it is fenced by the new epoch. */
export const reopening =
  (one: OpenCase, { patch, orderOutcome, completes }: Reopening): CasePlan['write'] =>
  async (trx) => {
    if (completes) await bookAgain(trx, one.tripId as string);
    const attempt = await trx.reopenAttempt(one, patch, orderOutcome);
    if (!attempt) return false;
    const { tripId, number } = attempt;
    await trx.enqueue(
      toOutboxJob(
        'book',
        { attemptId: one.id, tripId, number, nudge: `case-${one.version}` },
        { correlationId: one.correlationId },
      ),
    );
    return true;
  };

/** @throws Refused when the trip can't be booked any more */
async function bookAgain(trx: CaseTransaction, tripId: string): Promise<void> {
  const status = await trx.lockTrip(tripId);
  if (status === 'BOOKING') return;
  const moved = await trx.moveTrip(tripId, {
    from: ['PENDING', 'FAILED', 'CANCELLED'],
    to: 'BOOKING',
    outcome: { code: 'booking', message: 'We found the reservation of this trip and are completing it.' },
    nextCheckAt: null,
  });
  if (!moved)
    throw new Refused(
      'conflict',
      `The trip is ${status}, so a ticket can't be given to it. Use cancel-order.`,
    );
}

/** The most that the decision may be about; null is unknown. */
export function stakeOf({ money }: OpenCase, { authorization }: VendorTruth, total?: Money): Money | null {
  const known = [
    total,
    authorization?.amount,
    money.currency !== null && money.stakeMinor !== null
      ? { minor: money.stakeMinor, currency: money.currency }
      : undefined,
  ].filter((one) => one !== undefined);
  return known.toSorted((a, b) => inReference(b, 'USD').minor - inReference(a, 'USD').minor)[0] ?? null;
}
