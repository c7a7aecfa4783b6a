import type { Db } from '../../db/client.ts';

/** A trip's story without anything that says whose it is: what the simulator needs to live through it again. */
export interface Incident {
  readonly version: 1;
  readonly trip: {
    readonly capMinor: number;
    readonly currency: string;
    readonly status: string;
    readonly outcome: string;
  };
  readonly attempts: readonly {
    readonly number: number;
    readonly status: string;
    readonly errorCode: string | null;
    readonly priceMinor: number | null;
    /** How many workers took it up. */
    readonly claims: number;
  }[];
  readonly steps: readonly {
    readonly attempt: number;
    readonly step: string;
    readonly tries: number;
    readonly outcome: string | null;
  }[];
  readonly trail: readonly IncidentEntry[];
}

export interface IncidentEntry {
  /** Milliseconds after the trip was posted. */
  readonly at: number;
  readonly attempt: number | null;
  readonly type: string;
  readonly detail: Record<string, unknown>;
}

/** What of an entry's detail goes into the file: codes and amounts, no ids, no words. */
const KEPT = new Set([
  'code',
  'amount',
  'total',
  'price',
  'step',
  'by',
  'considered',
  'number',
  'outcome',
  'fitting',
  'offers',
]);

/** @returns undefined when there is no such trip */
export async function readIncident(db: Db, tripId: string): Promise<Incident | undefined> {
  const trip = await db
    .selectFrom('tripRequests')
    .select(['maxPriceMinor', 'currency', 'autoBookStatus', 'outcome', 'createdAt'])
    .where('id', '=', tripId)
    .executeTakeFirst();
  if (!trip) return undefined;
  const attempts = await db
    .selectFrom('bookingAttempts')
    .select(['id', 'number', 'status', 'errorCode', 'amountMinor', 'epoch'])
    .where('tripId', '=', tripId)
    .orderBy('number')
    .execute();
  const numbers = new Map(attempts.map(({ id, number }) => [id, number]));
  const steps = attempts.length
    ? await db
        .selectFrom('bookingSteps')
        .select(['attemptId', 'step', 'tries', 'outcome'])
        .where('attemptId', 'in', [...numbers.keys()])
        .orderBy('intendedAt')
        .execute()
    : [];
  const trail = await db
    .selectFrom('bookingAudits')
    .select(['at', 'attemptId', 'type', 'detail'])
    .where('tripId', '=', tripId)
    .orderBy('seq')
    .execute();
  return {
    version: 1,
    trip: {
      capMinor: trip.maxPriceMinor,
      currency: trip.currency,
      status: trip.autoBookStatus,
      outcome: trip.outcome.code,
    },
    attempts: attempts.map(({ number, status, errorCode, amountMinor, epoch }) => ({
      number,
      status,
      errorCode,
      priceMinor: amountMinor,
      claims: epoch,
    })),
    steps: steps.map(({ attemptId, ...step }) => ({ attempt: numbers.get(attemptId) as number, ...step })),
    trail: trail.map(({ at, attemptId, type, detail }) => ({
      at: at.getTime() - trip.createdAt.getTime(),
      attempt: attemptId ? (numbers.get(attemptId) ?? null) : null,
      type,
      detail: Object.fromEntries(Object.entries(detail as object).filter(([key]) => KEPT.has(key))),
    })),
  };
}
