import type { Money } from './money.ts';

/** One flight, take-off to landing. Times are airport-local without offset, as airlines publish them. */
export interface Segment {
  readonly origin: string;
  readonly destination: string;
  readonly departingAtLocal: string;
  readonly arrivingAtLocal: string;
  /** The seller's zones of both airports, where ours are unknown. */
  readonly departingZone?: string;
  readonly arrivingZone?: string;
  readonly durationMinutes: number;
  readonly carrier: string;
  readonly carrierName: string;
  readonly flightNumber: string;
  /** Of the first passenger; `unknown` where the seller does not say. */
  readonly cabin: string;
  /** Technical stops within the segment. */
  readonly stops: number;
  /** The airline that flies, and its number where it is said; absent when the one that sells flies itself, or it is unknown. */
  readonly operatedBy?: string;
  /** Absent where it is unknown. */
  readonly departureTerminal?: string;
  readonly arrivalTerminal?: string;
  /** Such as `Boeing 787-9`; absent where it is unknown. */
  readonly aircraft?: string;
}

/** One direction of the journey. */
export interface Slice {
  readonly origin: string;
  readonly destination: string;
  readonly durationMinutes: number;
  readonly segments: readonly Segment[];
}

/** What an airline says about a voluntary change or cancellation before departure. Null instead of it is unknown, not no. */
export interface Condition {
  readonly allowed: boolean;
  /** What it costs; null is unknown, not nothing. */
  readonly fee: Money | null;
}

/** How one passenger travels on one segment. Null is unknown: neither none nor any. */
export interface Carriage {
  readonly cabin: string | null;
  readonly checkedBags: number | null;
  readonly carryOnBags: number | null;
}

/** What a fare includes and allows, beside its flights: airlines sell several fares on the same flights. */
export interface FareTerms {
  /** The airline's name of each slice's fare, such as `Economy Basic`; null where it has none or it is unknown. */
  readonly brands: readonly (string | null)[];
  /** Of each segment, in order: how each passenger travels, in the order of the offer's passengers. */
  readonly carriage: readonly (readonly Carriage[])[];
  readonly refund: Condition | null;
  readonly change: Condition | null;
}

/** A fare that can be bought, normalised across providers. */
export interface Offer {
  readonly provider: string;
  readonly offerId: string;
  readonly price: Money;
  /** Null where the airline states none. */
  readonly expiresAt: string | null;
  readonly airline: string;
  readonly airlineName: string;
  readonly slices: readonly Slice[];
  /** The provider's passenger ids, to be echoed at booking, in the order of the request. */
  readonly passengers: readonly { id: string; type: string; age: number | null }[];
  /** Checked bags that are certainly included for every passenger with a seat: 0 where it is not known. */
  readonly checkedBags: number;
  /** Absent on offers that a version before stored. */
  readonly terms?: FareTerms;
  /** Refundable in full before departure; null is unknown, not no. */
  readonly refundable: boolean | null;
  /** The airline wants an identity document of each passenger. */
  readonly documentsRequired?: boolean;
  /** The seller's names of the documents that serve, such as `passport`. */
  readonly documentTypes?: readonly string[];
  readonly baseMinor: number | null;
  readonly taxMinor: number | null;
}

/** Connections plus technical stops of the worst slice. */
export function stopsOf(offer: Offer): number {
  return Math.max(
    ...offer.slices.map((slice) =>
      slice.segments.reduce((stops, segment) => stops + segment.stops, slice.segments.length - 1),
    ),
  );
}

/** Minutes of all slices together. */
export function durationOf(offer: Offer): number {
  return offer.slices.reduce((minutes, slice) => minutes + slice.durationMinutes, 0);
}

/** Identifies the flights of an offer, whatever they cost. */
export function itineraryKey(offer: Offer): string {
  return offer.slices
    .flatMap((slice) => slice.segments)
    .map((segment) => `${segment.carrier}${segment.flightNumber}@${segment.departingAtLocal}`)
    .join('/');
}
