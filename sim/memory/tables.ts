import { type Attempt, type Compensation, NEW_ATTEMPT } from '../../src/domain/attempt.ts';
import type { NotifiedFare } from '../../src/domain/fare-news.ts';
import type { Money } from '../../src/domain/money.ts';
import type { NotificationKind } from '../../src/domain/notification.ts';
import type { Offer } from '../../src/domain/offer.ts';
import type { IntentStep } from '../../src/domain/saga.ts';
import type { SearchParams } from '../../src/domain/search.ts';
import type { Criteria } from '../../src/domain/selection.ts';
import { mayBecome, type Outcome, type TripStatus } from '../../src/domain/trip.ts';
import type { OutboxJob } from '../../src/ports/outbox.ts';
import type { AttemptStart } from '../../src/ports/storage/attempts.ts';
import type { NotificationRequest } from '../../src/ports/storage/notifications.ts';
import type { OpsAuditEntry } from '../../src/ports/storage/ops-audits.ts';
import type { VendorRefs, WebhookSource } from '../../src/ports/webhooks.ts';
import type { JobName, Payload } from '../../src/queues/index.ts';
import { toOutboxJob } from '../../src/queues/outbox/jobs.ts';
import type {
  BookingRow,
  CancellationRow,
  DisputeRow,
  OrderChangeRow,
  RefundRow,
} from './after-ticket-rows.ts';
import type { CaseActionRow, CaseRow, OrphanRow } from './case-rows.ts';
import { newFuse } from './fuse-rows.ts';

export type { BookingRow, OrderChangeRow } from './after-ticket-rows.ts';

export interface TripRow {
  id: string;
  userId: string;
  status: TripStatus;
  outcome: Outcome;
  notifiedFare: NotifiedFare | null;
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
  travelerIds: readonly string[];
  consent: unknown;
  createdAt: number;
  updatedAt: number;
}

/** A traveller, encrypted. */
export type TravelerRow = { userId: string; pii: Buffer; dataKey: Buffer };

/** `paymentMethodId` is the payment provider's. */
export type CardRow = { userId: string; paymentMethodId: string };

export type AttemptRow = Omit<Attempt, 'trip'> & {
  leaseUntil: number | null;
  resumeAt: number | null;
  startedAt: number;
  updatedAt: number;
  compensation: Compensation | null;
  errorCode: string | null;
};

export interface StepRow {
  key: string;
  tries: number;
  epoch: number;
  intendedAt: number;
  outcome: string | null;
  orderId?: string | null;
  pauseMs?: number | null;
  request?: Record<string, unknown>;
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
  correlationId: string | null;
  runAt: number | null;
}

export interface NotificationRow {
  id: string;
  tripId: string | null;
  kind: NotificationKind | 'ops_alert';
  dedupeKey: string;
  data: Record<string, unknown>;
  correlationId: string | null;
  createdAt: number;
  leaseUntil: number | null;
  sent: boolean;
}

export interface EventRow {
  provider: WebhookSource;
  eventId: string;
  dedupeKey: string;
  refs: VendorRefs;
  receivedAt: number;
  outcome: string | null;
}

export interface SearchRow {
  id: string;
  searchKey: string;
  window: number;
  status: 'RUNNING' | 'DONE' | 'FAILED';
  leaseUntil: number;
  offers: readonly Offer[];
}

/** Parker's tables without Postgres: what the simulator runs the real code on. Each method is one transaction. */
export class Tables {
  readonly trips = new Map<string, TripRow>();
  readonly travelers = new Map<string, TravelerRow>();
  readonly cards = new Map<string, CardRow>();
  readonly attempts = new Map<string, AttemptRow>();
  readonly steps = new Map<string, StepRow>();
  readonly audits: AuditRow[] = [];
  readonly outbox: OutboxRow[] = [];
  readonly notifications = new Map<string, NotificationRow>();
  readonly bookings = new Map<string, BookingRow>();
  readonly cancellations = new Map<string, CancellationRow>();
  readonly refunds = new Map<string, RefundRow>();
  readonly cases = new Map<string, CaseRow>();
  readonly caseActions = new Map<string, CaseActionRow>();
  readonly opsAudits: OpsAuditEntry[] = [];
  readonly disputes = new Map<string, DisputeRow>();
  readonly events = new Map<string, EventRow>();
  readonly searches = new Map<string, SearchRow>();
  readonly watches = new Map<string, { priority: number | null; requestedAt: number | null }>();
  readonly orderChanges = new Map<string, OrderChangeRow>();
  readonly orphans = new Map<string, OrphanRow>();
  readonly fuse = newFuse();
  /** Whether booked orders are looked at again. */
  followsOrders = true;
  readonly now: () => number;
  readonly newId: () => string;
  /** Called after each commit that may have left rows in the outbox. */
  afterCommit: () => void = () => undefined;
  /** Called when an attempt begins to wait for its traveller's confirmation. */
  travellerAsked: (attempt: AttemptRow) => void = () => undefined;

  constructor(options: { now: () => number; newId: () => string }) {
    this.now = options.now;
    this.newId = options.newId;
  }

  trip = (id: string): TripRow => this.trips.get(id) as TripRow;

  enqueue<Name extends JobName>(name: Name, payload: Payload<Name>, runAt: number | null = null): void {
    this.insertJobs([toOutboxJob(name, payload, { runAt: runAt === null ? null : new Date(runAt) })]);
  }

  insertJobs(jobs: readonly OutboxJob[]): void {
    for (const { name, jobId, payload, correlationId, runAt } of jobs)
      this.outbox.push({
        name: name as JobName,
        jobId,
        payload,
        correlationId,
        runAt: runAt?.getTime() ?? null,
      });
  }

  /** As `startAttempt` in src/db/start-attempt.ts. @returns the attempt's id; undefined when the trip is not watched */
  startAttempt(start: AttemptStart): string | undefined {
    const { tripId, userId, correlationId, deadline, wantedItinerary, wantedFare } = start;
    const { selectedOfferId, outcome } = start;
    if (!this.moveTrip(tripId, ['PENDING'], 'BOOKING', { outcome, selectedOfferId, nextCheckAt: null }))
      return undefined;
    const number = this.attemptsOf(tripId).length + 1;
    const id = this.newId();
    this.attempts.set(id, {
      ...NEW_ATTEMPT,
      id,
      tripId,
      userId,
      number,
      deadline,
      wantedItinerary,
      wantedFare,
      correlationId,
      leaseUntil: null,
      resumeAt: null,
      startedAt: this.now(),
      updatedAt: this.now(),
      errorCode: null,
    });
    const { type, actor, detail } = start.audit;
    this.audit({ tripId, attemptId: id, type, actor, detail: { number, ...detail } });
    this.insertJobs([start.job({ id, number })]);
    return id;
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
      booking: booking && {
        status: booking.status,
        orderId: booking.orderId,
        priceMinor: booking.price.minor,
        refundedMinor: booking.refundedMinor,
      },
    };
  }

  /** The row gets an id of its own: that of the request is random, and the same seed must be the same run. */
  notify(
    request: Pick<NotificationRequest, 'tripId' | 'kind' | 'dedupeKey'> & {
      readonly data?: Record<string, unknown> | undefined;
      readonly correlationId?: string | null;
    },
  ): void {
    if (this.notifications.has(request.dedupeKey)) return;
    const { tripId, kind, dedupeKey, data = {}, correlationId = null } = request;
    const id = this.newId();
    this.notifications.set(dedupeKey, {
      id,
      tripId,
      kind,
      dedupeKey,
      data,
      correlationId,
      createdAt: this.now(),
      leaseUntil: null,
      sent: false,
    });
    this.insertJobs([toOutboxJob('notify', { notificationId: id }, { correlationId })]);
  }

  /** @returns whether it was still armed */
  blowFuse(reason: string): boolean {
    if (this.fuse.reason) return false;
    Object.assign(this.fuse, { reason, blownAt: this.now() });
    return true;
  }

  /** The trip's attempt that is still open; never more than one, as the partial unique index has it. */
  liveAttempt(tripId: string): AttemptRow | undefined {
    const open = ({ status }: AttemptRow) => status === 'PENDING' || status === 'NEEDS_HUMAN';
    return this.attemptsOf(tripId).find(open);
  }

  attemptsOf = (tripId: string): AttemptRow[] =>
    [...this.attempts.values()].filter((attempt) => attempt.tripId === tripId);

  step = (attemptId: string, step: IntentStep): StepRow | undefined => this.steps.get(`${attemptId}:${step}`);
}
