import type { ColumnType, Generated } from 'kysely';
import type { AttemptStatus, OrderFacts, StepName, Unwind } from '../domain/attempt.ts';
import type { DecisionRecord } from '../domain/decision.ts';
import type { Offer, Slice } from '../domain/offer.ts';
import type { Cabin, SearchParams } from '../domain/search.ts';
import type { Criteria } from '../domain/selection.ts';
import type { Outcome, TripStatus } from '../domain/trip.ts';
import type {
  BookingAttempts,
  BookingAudits,
  FlightBookings,
  FlightOffers,
  DB as Tables,
  TripRequests,
} from './tables.ts';

/** The generated tables, with what Postgres can't say: the shape of a jsonb column and the words of a check. */
type Refine<Table, Columns> = Omit<Table, keyof Columns> & Columns;

/** A jsonb column that is written as text: node-postgres would turn an array into a Postgres array. */
type WrittenAsText<T> = ColumnType<T, string, string>;

export type BookingStatus = 'CONFIRMED' | 'CANCELLED' | 'REFUNDED';

export type DB = Refine<
  Tables,
  {
    bookingAttempts: Refine<
      BookingAttempts,
      {
        offer: Offer | null;
        orderFacts: OrderFacts | null;
        unwind: Unwind | null;
        status: Generated<AttemptStatus>;
        step: Generated<StepName>;
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
    tripRequests: Refine<
      TripRequests,
      {
        criteria: Generated<Criteria>;
        searchParams: SearchParams;
        outcome: Outcome;
        cabin: Cabin;
        autoBookStatus: Generated<TripStatus>;
      }
    >;
  }
>;
