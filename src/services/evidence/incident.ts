import type { IncidentStore } from '../../ports/storage/incidents.ts';

/** A trip's history without anything that says whose it is: what the simulator needs to replay it. */
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
    /** How many workers claimed it. */
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

/** Fields of an entry's detail that go into the file: codes and amounts, no ids, no text. */
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
export async function readIncident(incidents: IncidentStore, tripId: string): Promise<Incident | undefined> {
  const records = await incidents.read(tripId);
  if (!records) return undefined;
  const { trip, attempts, steps, entries } = records;
  const numbers = new Map(attempts.map(({ id, number }) => [id, number]));
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
    trail: entries.map(({ at, attemptId, type, detail }) => ({
      at: at.getTime() - trip.createdAt.getTime(),
      attempt: attemptId ? (numbers.get(attemptId) ?? null) : null,
      type,
      detail: Object.fromEntries(Object.entries(detail as object).filter(([key]) => KEPT.has(key))),
    })),
  };
}
