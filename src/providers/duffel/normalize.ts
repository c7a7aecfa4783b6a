import { Duration } from 'luxon';
import { z } from 'zod';
import type { OrderFacts } from '../../domain/attempt.ts';
import { type Money, parseMoney } from '../../domain/money.ts';
import type { Offer, Slice } from '../../domain/offer.ts';
import { Permanent } from '../../errors.ts';

/** What we rely on of Duffel's shapes; unknown fields pass by, a missing one is caught here and nowhere deeper. */
const place = z.object({ iata_code: z.string() });
const segmentSchema = z.object({
  origin: place,
  destination: place,
  departing_at: z.string(),
  arriving_at: z.string(),
  duration: z.string().nullable(),
  marketing_carrier: z.object({ iata_code: z.string().nullable(), name: z.string() }),
  marketing_carrier_flight_number: z.string(),
  stops: z.array(z.unknown()).nullish(),
  passengers: z.array(
    z.object({
      cabin_class: z.string().nullish(),
      baggages: z.array(z.object({ type: z.string(), quantity: z.number() })).nullish(),
    }),
  ),
});
const sliceSchema = z.object({
  origin: place,
  destination: place,
  duration: z.string().nullable(),
  segments: z.array(segmentSchema).min(1),
});
const offerSchema = z.object({
  id: z.string(),
  expires_at: z.string().nullish(),
  owner: z.object({ iata_code: z.string().nullable(), name: z.string() }),
  total_amount: z.string(),
  total_currency: z.string(),
  base_amount: z.string().nullish(),
  tax_amount: z.string().nullish(),
  passengers: z.array(z.object({ id: z.string(), type: z.string().nullish(), age: z.number().nullish() })),
  conditions: z
    .object({
      refund_before_departure: z
        .object({ allowed: z.boolean(), penalty_amount: z.string().nullable() })
        .nullish(),
    })
    .nullish(),
  slices: z.array(sliceSchema).min(1),
});
const orderSchema = z.object({
  id: z.string().startsWith('ord_'),
  booking_reference: z.string(),
  total_amount: z.string(),
  total_currency: z.string(),
  documents: z.array(z.object({ unique_identifier: z.string() })).nullish(),
  cancelled_at: z.string().nullish(),
  cancellation: z
    .object({ refund_amount: z.string().nullable(), refund_currency: z.string().nullable() })
    .nullish(),
  available_actions: z.array(z.string()).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});

/** @throws Permanent when the offer lacks something a booking needs */
export function toOffer(raw: unknown): Offer {
  const offer = read(offerSchema, raw, 'offer');
  const refund = offer.conditions?.refund_before_departure;
  const bags = offer.slices
    .flatMap((slice) => slice.segments)
    .flatMap((segment) => segment.passengers)
    .map((passenger) => (passenger.baggages ?? []).filter((bag) => bag.type === 'checked'))
    .map((checked) => checked.reduce((sum, bag) => sum + bag.quantity, 0));
  const minor = (amount: string | null | undefined) =>
    amount ? (parseMoney({ amount, currency: offer.total_currency })?.minor ?? null) : null;
  return {
    provider: 'duffel',
    offerId: offer.id,
    price: money(offer.total_amount, offer.total_currency),
    expiresAt: offer.expires_at ?? null,
    airline: offer.owner.iata_code ?? '',
    airlineName: offer.owner.name,
    slices: offer.slices.map(toSlice),
    passengers: offer.passengers.map(({ id, type, age }) => ({
      id,
      type: type ?? 'adult',
      age: age ?? null,
    })),
    checkedBags: bags.length ? Math.min(...bags) : 0,
    refundable: refund ? refund.allowed && Number(refund.penalty_amount ?? 0) === 0 : null,
    baseMinor: minor(offer.base_amount),
    taxMinor: minor(offer.tax_amount),
  };
}

function toSlice(slice: z.infer<typeof sliceSchema>): Slice {
  return {
    origin: slice.origin.iata_code,
    destination: slice.destination.iata_code,
    durationMinutes: minutes(slice.duration),
    segments: slice.segments.map((segment) => ({
      origin: segment.origin.iata_code,
      destination: segment.destination.iata_code,
      departingAtLocal: segment.departing_at.slice(0, 19),
      arrivingAtLocal: segment.arriving_at.slice(0, 19),
      durationMinutes: minutes(segment.duration),
      carrier: segment.marketing_carrier.iata_code ?? '',
      carrierName: segment.marketing_carrier.name,
      flightNumber: segment.marketing_carrier_flight_number,
      cabin: segment.passengers[0]?.cabin_class ?? 'economy',
      stops: segment.stops?.length ?? 0,
    })),
  };
}

/** An order as it stands at Duffel now. */
export interface FoundOrder {
  readonly facts: OrderFacts;
  /** The attempt that made it, from our own metadata. */
  readonly attemptId: string | null;
  readonly cancelled: boolean;
  readonly cancellable: boolean;
  /** What a confirmed cancellation gave back. */
  readonly refund: Money | null;
}

export function toOrder(raw: unknown): FoundOrder {
  const order = read(orderSchema, raw, 'order');
  const attemptId = order.metadata?.attempt_id;
  return {
    facts: {
      orderId: order.id,
      bookingReference: order.booking_reference,
      total: money(order.total_amount, order.total_currency),
      ticketNumbers: (order.documents ?? []).map((document) => document.unique_identifier),
    },
    attemptId: typeof attemptId === 'string' ? attemptId : null,
    cancelled: Boolean(order.cancelled_at),
    cancellable: order.available_actions?.includes('cancel') ?? false,
    refund: refunded(order.cancellation),
  };
}

/** An order as Duffel's list shows it, with what it takes to find its way home. */
export interface ListedOrder extends FoundOrder {
  readonly tripId: string | null;
  readonly createdAt: Date;
  /** The offer it was made from, as far as the order still tells; null when it does not tell enough. */
  readonly offer: Offer | null;
}

const listedSchema = z.object({ created_at: z.string(), offer_id: z.string().nullish() });

export function toListedOrder(raw: unknown): ListedOrder {
  const { created_at, offer_id } = read(listedSchema, raw, 'order');
  const { trip_id } = read(orderSchema, raw, 'order').metadata ?? {};
  const offer = offerSchema.safeParse({ ...(raw as object), id: offer_id });
  return {
    ...toOrder(raw),
    tripId: typeof trip_id === 'string' ? trip_id : null,
    createdAt: new Date(created_at),
    offer: offer.success ? { ...toOffer(offer.data), expiresAt: null } : null,
  };
}

function refunded(cancellation: z.infer<typeof orderSchema>['cancellation']): Money | null {
  const { refund_amount: amount, refund_currency: currency } = cancellation ?? {};
  return amount && currency ? money(amount, currency) : null;
}

function read<T>(schema: z.ZodType<T>, raw: unknown, what: string): T {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new Permanent(
    `unreadable_${what}`,
    `Duffel's ${what} lacks ${parsed.error.issues[0]?.path.join('.')}`,
  );
}

function money(amount: string, currency: string): Money {
  const parsed = parseMoney({ amount, currency });
  if (!parsed) throw new Permanent('unreadable_amount', 'Duffel sent an amount we cannot read exactly');
  return parsed;
}

/** ISO 8601 duration to minutes; airlines leave some out. */
const minutes = (iso: string | null): number =>
  iso ? Math.round(Duration.fromISO(iso).as('minutes')) || 0 : 0;
