import { sql } from 'kysely';
import type { Attempt, AttemptPatch } from '../domain/attempt.ts';

/** The columns a claim reads of an attempt, by their names in Kysely. */
export const ATTEMPT_COLUMNS = [
  'id',
  'tripId',
  'userId',
  'number',
  'status',
  'step',
  'epoch',
  'deadline',
  'correlationId',
  'wantedItinerary',
  'wantedFare',
  'offer',
  'paymentIntentId',
  'captureBefore',
  'orderFacts',
  'unwind',
  'hintedOrderIds',
  'orderFailedAt',
  'releaseRequestedAt',
  'caseTerms',
] as const;

/** Fields of an attempt whose column has another name: `orderFacts` and `unwind` keep their first names. */
export const fromColumns = <Row extends { orderFacts: Attempt['order']; unwind: Attempt['compensation'] }>({
  orderFacts,
  unwind,
  ...same
}: Row) => ({ ...same, order: orderFacts, compensation: unwind });

/** A patch as columns; those that are undefined stay as they are. */
export function toColumns({ offer, order, ...patch }: AttemptPatch) {
  return {
    status: patch.status,
    step: patch.step,
    offer: offer ?? undefined,
    offerId: offer?.offerId,
    amountMinor: offer?.price.minor,
    currency: offer?.price.currency,
    paymentIntentId: patch.paymentIntentId ?? undefined,
    captureBefore: patch.captureBefore,
    deadline: patch.deadline,
    orderId: order?.orderId,
    orderFacts: order ?? undefined,
    unwind: patch.compensation ?? undefined,
    errorCode: patch.errorCode,
    errorMessage: patch.errorMessage,
  };
}

/** What makes an attempt live again, whatever it waited for. The next epoch fences a worker that is at it. */
export const REOPENED = {
  status: 'PENDING',
  finishedAt: null,
  leaseUntil: null,
  resumeAt: null,
  updatedAt: sql<Date>`now()`,
  epoch: sql<number>`epoch + 1`,
} as const;
