import { DateTime } from 'luxon';
import { newId, type World } from '../world.ts';
import { type Airport, airport } from './airports.ts';
import { type Brand, brandsOf } from './brands.ts';
import { memberFactor, membersOf } from './loyalty.ts';
import type { Magic, Slice } from './magic.ts';
import type { SearchPassenger } from './passengers.ts';
import { chance, type Prices } from './prices.ts';
import type { Airline, Condition, Offer, OfferPassenger, Segment, StoredOffer } from './types.ts';

const AIRLINES: Airline[] = [
  { id: 'arl_sandbox_zz', name: 'Duffel Airways', iata_code: 'ZZ' },
  { id: 'arl_sandbox_ba', name: 'British Airways', iata_code: 'BA' },
  { id: 'arl_sandbox_vs', name: 'Virgin Atlantic', iata_code: 'VS' },
  { id: 'arl_sandbox_ib', name: 'Iberia', iata_code: 'IB' },
  { id: 'arl_sandbox_af', name: 'Air France', iata_code: 'AF' },
];

const KLM: Airline = { id: 'arl_sandbox_kl', name: 'KLM', iata_code: 'KL' };

/** The shapes of the offers a search brings: the first is the cheapest, non-stop, on the test airline. */
const SHAPES = [
  { airline: 0, factor: 1, departs: '09:15', stops: 0 },
  { airline: 1, factor: 1.07, departs: '11:40', stops: 0 },
  { airline: 3, factor: 1.02, departs: '06:05', stops: 1 },
  { airline: 2, factor: 1.18, departs: '14:20', stops: 0 },
  { airline: 4, factor: 1.11, departs: '17:55', stops: 1 },
  { airline: 0, factor: 1.31, departs: '20:10', stops: 0 },
] as const;

/** Where one-stop journeys change planes; the second serves those that begin or end at the first. */
const HUBS = ['AMS', 'FRA'] as const;

const LEG_MINUTES = { base: 70, spread: 420, layover: 95 };

export interface SearchRequest {
  slices: Slice[];
  passengers: SearchPassenger[];
  cabin: string;
  maxConnections: number;
}

/** Makes the offers of one request; prices come from the route as it stands now. */
export async function makeOffers(
  world: World,
  prices: Prices,
  requestId: string,
  search: SearchRequest,
  magic: Magic | undefined,
): Promise<StoredOffer[]> {
  if (magic === 'no_offers') return [];
  const first = search.slices[0] as Slice;
  const price = prices.cheapest(
    first.origin,
    first.destination,
    first.departure_date,
    search.passengers.length,
  );
  const passengers: OfferPassenger[] = search.passengers.map((passenger) => ({
    id: newId('pas'),
    type: passenger.type ?? ageType(passenger.age),
    age: passenger.age ?? null,
    given_name: passenger.given_name ?? null,
    family_name: passenger.family_name ?? null,
    loyalty_programme_accounts: passenger.loyalty_programme_accounts ?? [],
  }));
  const codes = search.slices.flatMap((slice) => [slice.origin, slice.destination]);
  const airports = new Map<string, Airport>();
  for (const code of [...codes, ...HUBS]) airports.set(code, await airport(code));
  const flights = SHAPES.map((shape) => ({ ...shape, stops: magic === 'connections' ? 1 : shape.stops }))
    .filter((shape) => shape.stops <= search.maxConnections)
    .map((shape) => ({ ...shape, airline: AIRLINES[shape.airline] as Airline }));
  const makeFare = (shape: (typeof flights)[number], brand: Brand): StoredOffer => {
    const { airline, stops, departs } = shape;
    const offer = makeOffer(world, { airline, brand, airports, search, passengers, magic, stops, departs });
    const factor = shape.factor * brand.factor * memberFactor(airline.iata_code, passengers);
    setPrice(offer, price.amount, price.currency, factor);
    if (!price.refundable)
      offer.conditions.refund_before_departure = {
        allowed: false,
        penalty_amount: null,
        penalty_currency: null,
      };
    return { offer, requestId, factor, slices: search.slices, magic, quotedAt: world.now() };
  };
  const fares = flights.flatMap((shape) =>
    brandsOf(shape.airline.iata_code).map((brand) => ({ shape, brand })),
  );
  // The cheapest fare of each flight comes first.
  return fares
    .toSorted((a, b) => a.brand.factor - b.brand.factor)
    .map(({ shape, brand }) => makeFare(shape, brand));
}

/** Sets the total to `factor` times the cheapest fare, and splits it into base and tax. */
export function setPrice(offer: Offer, cheapest: string, currency: string, factor: number): void {
  const digits = cheapest.split('.')[1]?.length ?? 0;
  const total = Number(cheapest) * factor;
  offer.total_amount = total.toFixed(digits);
  offer.base_amount = (total * 0.82).toFixed(digits);
  offer.tax_amount = (Number(offer.total_amount) - Number(offer.base_amount)).toFixed(digits);
  offer.total_currency = currency;
  offer.base_currency = currency;
  offer.tax_currency = currency;
}

interface Shape {
  airline: Airline;
  brand: Brand;
  airports: Map<string, Airport>;
  search: SearchRequest;
  passengers: OfferPassenger[];
  magic: Magic | undefined;
  stops: number;
  departs: string;
}

function makeOffer(world: World, shape: Shape): Offer {
  const { airline, passengers, search, magic } = shape;
  const now = world.now();
  const at = (ms: number) => new Date(now + ms).toISOString();
  const testAirline = airline.iata_code === 'ZZ';
  const holdable = testAirline || magic === 'hold_allowed';
  return {
    id: newId('off'),
    live_mode: false,
    created_at: at(0),
    updated_at: at(0),
    expires_at: at(world.settings.offerTtlMs),
    partial: false,
    owner: airline,
    total_amount: '0.00',
    total_currency: 'GBP',
    base_amount: '0.00',
    base_currency: 'GBP',
    tax_amount: null,
    tax_currency: null,
    total_emissions_kg: '460',
    passengers: membersOf(airline.iata_code, passengers),
    passenger_identity_documents_required: false,
    supported_passenger_identity_document_types: ['passport'],
    supported_loyalty_programmes: [airline.iata_code],
    payment_requirements: {
      requires_instant_payment: !holdable,
      price_guarantee_expires_at: holdable ? at(48 * 3_600_000) : null,
      payment_required_by: holdable ? at(72 * 3_600_000) : null,
    },
    conditions: {
      refund_before_departure: copyOf(shape.brand.refund),
      change_before_departure: copyOf(shape.brand.change),
    },
    slices: search.slices.map((slice, index) => makeSlice(slice, index, shape)),
  };
}

function makeSlice(slice: Slice, index: number, shape: Shape): Offer['slices'][number] {
  const { airline, brand, airports, magic, stops, departs } = shape;
  const place = (code: string) => airports.get(code) as Airport;
  const direct =
    LEG_MINUTES.base +
    Math.floor(LEG_MINUTES.spread * chance('leg', ...[slice.origin, slice.destination].sort()));
  const departing = DateTime.fromISO(`${slice.departure_date}T${departs}`, {
    zone: place(slice.origin).time_zone,
  });
  const local = (minutes: number, code: string) =>
    departing.plus({ minutes }).setZone(place(code).time_zone).toFormat("yyyy-MM-dd'T'HH:mm:ss");
  const via = slice.destination === HUBS[0] || slice.origin === HUBS[0] ? HUBS[1] : HUBS[0];
  const number = 100 + Math.floor(chance(airline.iata_code, departs, index) * 800);
  const leg = (from: string, to: string, startMinutes: number, minutes: number, flight: number): Segment => ({
    id: newId('seg'),
    origin: place(from),
    destination: place(to),
    departing_at: local(startMinutes, from),
    arriving_at: local(startMinutes + minutes, to),
    duration: iso(minutes),
    marketing_carrier: airline,
    // Air France sells a flight that KLM flies; its number there is not said.
    operating_carrier: airline.iata_code === 'AF' ? KLM : airline,
    operating_carrier_flight_number: airline.iata_code === 'AF' ? null : String(flight),
    marketing_carrier_flight_number: String(flight),
    origin_terminal: airline.iata_code === 'BA' ? '5' : null,
    destination_terminal: airline.iata_code === 'BA' ? '8' : null,
    aircraft:
      airline.iata_code === 'IB' ? null : { id: 'arc_sandbox_789', name: 'Boeing 787-9', iata_code: '789' },
    stops:
      magic === 'segment_stop' ? [{ id: newId('sto'), airport: { iata_code: 'CAI' }, duration: 'PT1H' }] : [],
    passengers: shape.passengers.map((passenger) => ({
      passenger_id: passenger.id,
      cabin_class: shape.search.cabin,
      cabin_class_marketing_name: shape.search.cabin.replaceAll('_', ' '),
      fare_basis_code: null,
      baggages:
        magic === 'no_bags' || passenger.type === 'infant_without_seat'
          ? []
          : [
              { type: 'carry_on' as const, quantity: brand.carryOn },
              { type: 'checked' as const, quantity: brand.checked },
            ],
    })),
  });
  const half = Math.ceil(direct / 2) + 20;
  const segments =
    stops === 0
      ? [leg(slice.origin, slice.destination, 0, direct, number)]
      : [
          leg(slice.origin, via, 0, half, number),
          leg(via, slice.destination, half + LEG_MINUTES.layover, half, number + 1),
        ];
  const total = stops === 0 ? direct : 2 * half + LEG_MINUTES.layover;
  return {
    id: newId('sli'),
    origin: place(slice.origin),
    destination: place(slice.destination),
    duration: iso(total),
    fare_brand_name: brand.name,
    conditions: {
      change_before_departure: copyOf(brand.change),
      advance_seat_selection: null,
      priority_boarding: null,
      priority_check_in: null,
    },
    segments,
  };
}

/** Each offer has conditions of its own: a test may change those of one. */
const copyOf = (condition: Condition): Condition => condition && { ...condition };

const iso = (minutes: number): string => `PT${Math.floor(minutes / 60)}H${minutes % 60}M`;

function ageType(age: number | undefined): string {
  if (age === undefined || age >= 18) return 'adult';
  return age < 2 ? 'infant_without_seat' : 'child';
}
