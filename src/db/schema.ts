import type { ColumnType, Generated } from 'kysely';
import type { ChangeState } from '../domain/airline-change.ts';
import type { AttemptStatus, Compensation, OrderFacts, StepName } from '../domain/attempt.ts';
import type { BookingStatus } from '../domain/booking.ts';
import type {
  CancellationAsker,
  CancellationStatus,
  CancellationStep,
  QuotedRefund,
} from '../domain/cancellation.ts';
import type { CaseTerms } from '../domain/case.ts';
import type { DecisionRecord } from '../domain/decision.ts';
import type { NotifiedFare } from '../domain/fare-news.ts';
import type { Money } from '../domain/money.ts';
import type { Offer, Slice } from '../domain/offer.ts';
import type { RefundStatus } from '../domain/refund.ts';
import type { Cabin, SearchParams } from '../domain/search.ts';
import type { Criteria } from '../domain/selection.ts';
import type { Outcome, TripStatus } from '../domain/trip.ts';
import type {
  BookingAttempts,
  BookingAudits,
  Cancellations,
  FlightBookings,
  FlightOffers,
  OrderChanges,
  Refunds,
  DB as Tables,
  TripRequests,
} from './tables.ts';

/** The generated tables, with what Postgres' catalogue lacks: the shape of a jsonb column, and the values a check allows. */
type Refine<Table, Columns> = Omit<Table, keyof Columns> & Columns;

/** A jsonb column that is written as text: node-postgres would turn an array into a Postgres array. */
type WrittenAsText<T> = ColumnType<T, string, string>;

export type DB = Refine<
  Tables,
  {
    bookingAttempts: Refine<
      BookingAttempts,
      {
        offer: Offer | null;
        wantedFare: Offer | null;
        orderFacts: OrderFacts | null;
        unwind: Compensation | null;
        caseTerms: CaseTerms | null;
        status: Generated<AttemptStatus>;
        step: Generated<StepName>;
      }
    >;
    cancellations: Refine<
      Cancellations,
      {
        requestedBy: Generated<CancellationAsker>;
        status: Generated<CancellationStatus>;
        step: Generated<CancellationStep>;
        quote: ColumnType<QuotedRefund | null, string | null, string | null>;
        airlineRefund: ColumnType<Money | null, string | null, string | null>;
      }
    >;
    bookingAudits: Refine<
      BookingAudits,
      {
        evidence: ColumnType<DecisionRecord | null, string | null, never>;
        flags: ColumnType<Record<string, boolean> | null, string | null, never>;
      }
    >;
    flightBookings: Refine<
      FlightBookings,
      { itinerary: WrittenAsText<readonly Slice[]>; status: Generated<BookingStatus> }
    >;
    flightOffers: Refine<FlightOffers, { summary: WrittenAsText<Offer>; raw: WrittenAsText<unknown> }>;
    orderChanges: Refine<
      OrderChanges,
      {
        before: WrittenAsText<readonly Slice[]>;
        after: WrittenAsText<readonly Slice[]>;
        state: Generated<ChangeState>;
      }
    >;
    refunds: Refine<Refunds, { status: Generated<RefundStatus> }>;
    tripRequests: Refine<
      TripRequests,
      {
        criteria: Generated<Criteria>;
        searchParams: SearchParams;
        outcome: Outcome;
        notifiedFare: NotifiedFare | null;
        cabin: Cabin;
        autoBookStatus: Generated<TripStatus>;
      }
    >;
  }
>;
