import type { Airport } from './airports.ts';
import type { Magic, Slice } from './magic.ts';

export interface Airline {
  id: string;
  name: string;
  iata_code: string;
}

export interface Segment {
  id: string;
  origin: Airport;
  destination: Airport;
  /** Airport-local, without offset. */
  departing_at: string;
  arriving_at: string;
  duration: string;
  marketing_carrier: Airline;
  operating_carrier: Airline;
  operating_carrier_flight_number: string | null;
  marketing_carrier_flight_number: string;
  origin_terminal: string | null;
  destination_terminal: string | null;
  aircraft: { id: string; name: string; iata_code: string } | null;
  stops: { id: string; airport: { iata_code: string }; duration: string }[];
  passengers: {
    passenger_id: string;
    cabin_class: string;
    cabin_class_marketing_name: string;
    fare_basis_code: string | null;
    baggages: { type: 'checked' | 'carry_on'; quantity: number }[];
  }[];
}

export interface OfferPassenger {
  id: string;
  type: string;
  age: number | null;
  given_name: string | null;
  family_name: string | null;
  loyalty_programme_accounts: { airline_iata_code: string; account_number: string }[];
}

/** Null: the airline does not say. */
export type Condition = {
  allowed: boolean;
  penalty_amount: string | null;
  penalty_currency: string | null;
} | null;

export interface Offer {
  id: string;
  live_mode: false;
  created_at: string;
  updated_at: string;
  expires_at: string;
  partial: false;
  owner: Airline;
  total_amount: string;
  total_currency: string;
  base_amount: string;
  base_currency: string;
  tax_amount: string | null;
  tax_currency: string | null;
  total_emissions_kg: string;
  passengers: OfferPassenger[];
  passenger_identity_documents_required: boolean;
  supported_passenger_identity_document_types: string[];
  supported_loyalty_programmes: string[];
  payment_requirements: {
    requires_instant_payment: boolean;
    price_guarantee_expires_at: string | null;
    payment_required_by: string | null;
  };
  conditions: { refund_before_departure: Condition; change_before_departure: Condition };
  slices: {
    id: string;
    origin: Airport;
    destination: Airport;
    duration: string;
    /** Null: not every airline names its fares. */
    fare_brand_name: string | null;
    conditions: {
      change_before_departure: Condition;
      advance_seat_selection: boolean | null;
      priority_boarding: boolean | null;
      priority_check_in: boolean | null;
    };
    segments: Segment[];
  }[];
}

/** An offer with what only the airline knows about it. */
export interface StoredOffer {
  offer: Offer;
  requestId: string;
  /** Total in relation to the cheapest offer of its request. */
  factor: number;
  slices: Slice[];
  magic: Magic | undefined;
  quotedAt: number;
}

export interface OrderPassenger {
  id: string;
  given_name: string;
  family_name: string;
  [field: string]: unknown;
}

export interface Order {
  id: string;
  live_mode: false;
  booking_reference: string;
  offer_id: string;
  type: 'instant' | 'hold';
  created_at: string;
  synced_at: string;
  total_amount: string;
  total_currency: string;
  owner: Airline;
  passengers: OrderPassenger[];
  slices: Offer['slices'];
  conditions: Offer['conditions'];
  documents: {
    type:
      | 'electronic_ticket'
      | 'electronic_miscellaneous_document_associated'
      | 'electronic_miscellaneous_document_standalone';
    unique_identifier: string;
    passenger_ids: string[];
  }[];
  payment_status: {
    awaiting_payment: boolean;
    payment_required_by: string | null;
    price_guarantee_expires_at: string | null;
    paid_at: string | null;
  };
  available_actions: string[];
  cancelled_at: string | null;
  cancellation: Cancellation | null;
  airline_initiated_changes: AirlineChange[];
  metadata: Record<string, string>;
}

export interface AirlineChange {
  id: string;
  order_id: string;
  created_at: string;
  updated_at: string;
  /** Under new ids. */
  added: Offer['slices'];
  removed: Offer['slices'];
  available_actions: ('accept' | 'cancel' | 'change' | 'update')[];
  action_taken: 'accepted' | 'cancelled' | 'changed' | null;
  action_taken_at: string | null;
  /** Set while people at Duffel work on it. */
  travel_agent_ticket: { id: string; external_ticket_id: string } | null;
}

export interface Cancellation {
  id: string;
  order_id: string;
  refund_amount: string | null;
  refund_currency: string;
  refund_to: 'balance' | 'airline_credits' | 'voucher' | 'card';
  created_at: string;
  expires_at: string;
  confirmed_at: string | null;
}

/** How one order is cancelled, as a test or a curious reader wants it. */
export interface CancellationTerms {
  /** Null: the airline does not say. */
  readonly refund_amount?: string | null;
  readonly refund_currency?: string;
  readonly refund_to?: Cancellation['refund_to'];
  /** What the cancelled order says, when it is not what was quoted. */
  readonly confirmed_refund_amount?: string | null;
  /** How long a quote can be confirmed; 15 minutes unless said. */
  readonly quoteTtlMs?: number;
  /** How long the order reads as live after its confirmation. */
  readonly readsLiveMs?: number;
}
