import type { Attempt, MoneyStep, Unwind } from '../../src/domain/attempt.ts';
import type { Money } from '../../src/domain/money.ts';
import type { NotificationKind } from '../../src/domain/notification.ts';
import type { Offer } from '../../src/domain/offer.ts';
import type { SearchParams } from '../../src/domain/search.ts';
import type { Criteria } from '../../src/domain/selection.ts';
import { mayBecome, type Outcome, type TripStatus } from '../../src/domain/trip.ts';
import { type JobName, jobs, type Payload } from '../../src/queues/index.ts';
import type { Refs } from '../../src/services/booking/directory.ts';
import type { WebhookSource } from '../../src/services/webhooks/ports.ts';

export interface TripRow {
  id: string;
  userId: string;
  status: TripStatus;
  outcome: Outcome;
  searchKey: string;
  searchParams: SearchParams;
  criteria: Criteria;
  mandate: Money;
  autoBook: boolean;
  selectedOfferId: string | null;
  nextCheckAt: number | null;
  watchUntil: number;
  customerId: string;
  paymentMethodId: string | null;
  correlationId: string;
}

export type AttemptRow = Omit<Attempt, 'trip'> & {
  leaseUntil: number | null;
  startedAt: number;
  updatedAt: number;
  unwind: Unwind | null;
  errorCode: string | null;
};

export interface StepRow {
  key: string;
  tries: number;
  epoch: number;
  intendedAt: number;
  outcome: string | null;
}

export interface AuditRow {
  at: number;
  tripId: string;
  attemptId: string | null;
  type: string;
  detail: Record<string, unknown>;
  actor: string;
  /** The state this entry's transaction left behind. */
  state: unknown;
}

export interface OutboxRow {
  name: JobName;
  jobId: string;
  payload: unknown;
  runAt: number | null;
}

export interface NotificationRow {
  id: string;
  tripId: string | null;
  kind: NotificationKind | 'ops_alert';
  dedupeKey: string;
  data: Record<string, unknown>;
  createdAt: number;
  sent: boolean;
}

export interface BookingRow {
  tripId: string;
  attemptId: string;
  orderId: string;
  paymentIntentId: string;
  price: Money;
}

export interface EventRow {
  provider: WebhookSource;
  eventId: string;
  dedupeKey: string;
  refs: Refs;
  receivedAt: number;
  outcome: string | null;
}

export interface SearchRow {
  id: string;
  status: 'RUNNING' | 'DONE' | 'FAILED';
  leaseUntil: number;
  offers: readonly Offer[];
}

/** Parker's tables without Postgres: what the simulator runs the real code on. Each method is one transaction. */
export class Tables {
  readonly trips = new Map<string, TripRow>();
  readonly attempts = new Map<string, AttemptRow>();
  readonly steps = new Map<string, StepRow>();
  readonly audits: AuditRow[] = [];
  readonly outbox: OutboxRow[] = [];
  readonly notifications = new Map<string, NotificationRow>();
  readonly bookings = new Map<string, BookingRow>();
  readonly events = new Map<string, EventRow>();
  readonly searches = new Map<string, SearchRow>();
  readonly orphans = new Map<string, { kind: string; action: string; outcome: string | null }>();
  readonly fuse = {
    reason: null as string | null,
    blownAt: null as number | null,
    begun: [] as { at: number; price: Money }[],
    unknowns: [] as number[],
  };
  readonly now: () => number;
  readonly newId: () => string;
  /** Called after each commit that may have left rows in the outbox. */
  afterCommit: () => void = () => undefined;

  constructor(options: { now: () => number; newId: () => string }) {
    this.now = options.now;
    this.newId = options.newId;
  }

  trip = (id: string): TripRow => this.trips.get(id) as TripRow;

  enqueue<Name extends JobName>(name: Name, payload: Payload<Name>, runAt: number | null = null): void {
    const jobId = jobs[name].jobId as (payload: Payload<Name>) => string;
    this.outbox.push({ name, jobId: jobId(payload), payload, runAt });
  }

  /** Along the edges of the state machine, as moveTrip in db/trips.ts. */
  moveTrip(id: string, from: readonly TripStatus[], to: TripStatus, set: Partial<TripRow>): boolean {
    const trip = this.trip(id);
    if (!from.includes(trip.status) || !mayBecome(trip.status, to)) return false;
    Object.assign(trip, { status: to }, set);
    return true;
  }

  audit(
    entry: Omit<AuditRow, 'at' | 'state' | 'detail'> & {
      detail?: Record<string, unknown> | undefined;
      evidence?: unknown;
    },
  ): void {
    const { tripId, attemptId, type, detail = {}, actor } = entry;
    const state = this.stateOf(tripId, attemptId);
    this.audits.push({ at: this.now(), tripId, attemptId, type, detail, actor, state });
  }

  /** What the trail must rebuild: the same fields as audit_state in migrations/0002. */
  stateOf(tripId: string, attemptId: string | null) {
    const trip = this.trip(tripId);
    const attempt = attemptId ? this.attempts.get(attemptId) : undefined;
    const booking = this.bookings.get(tripId);
    return {
      trip: { status: trip.status, selectedOfferId: trip.selectedOfferId, maxPriceMinor: trip.mandate.minor },
      attempt: attempt && {
        id: attempt.id,
        status: attempt.status,
        step: attempt.step,
        offerId: attempt.offer?.offerId ?? null,
        paymentIntentId: attempt.paymentIntentId,
        orderId: attempt.order?.orderId ?? null,
        errorCode: attempt.errorCode,
      },
      booking: booking && { orderId: booking.orderId, priceMinor: booking.price.minor },
    };
  }

  notify(
    one: Pick<NotificationRow, 'tripId' | 'kind' | 'dedupeKey'> & {
      data?: Record<string, unknown> | undefined;
    },
  ): void {
    if (this.notifications.has(one.dedupeKey)) return;
    const { tripId, kind, dedupeKey, data = {} } = one;
    const row = { id: this.newId(), tripId, kind, dedupeKey, data, createdAt: this.now(), sent: false };
    this.notifications.set(dedupeKey, row);
    this.enqueue('notify', { notificationId: row.id });
  }

  blowFuse(reason: string): void {
    if (this.fuse.reason) return;
    Object.assign(this.fuse, { reason, blownAt: this.now() });
    this.notify({ tripId: null, kind: 'ops_alert', dedupeKey: `ops_alert:fuse:${reason}` });
  }

  /** The trip's attempt that is still open; never more than one, as the partial unique index has it. */
  liveAttempt(tripId: string): AttemptRow | undefined {
    for (const attempt of this.attempts.values())
      if (attempt.tripId === tripId && (attempt.status === 'PENDING' || attempt.status === 'NEEDS_HUMAN'))
        return attempt;
    return undefined;
  }

  attemptsOf = (tripId: string): AttemptRow[] =>
    [...this.attempts.values()].filter((attempt) => attempt.tripId === tripId);

  step = (attemptId: string, step: MoneyStep): StepRow | undefined => this.steps.get(`${attemptId}:${step}`);
}
