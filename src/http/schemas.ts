import { z } from 'zod';
import { CABINS } from '../domain/search.ts';
import { TRIP_STATUSES } from '../domain/trip.ts';

/** Shapes of the API. What makes sense for a given user is checked by the services. */

const iata = z.string().regex(/^[A-Z]{3}$/, 'must be a three-letter IATA code in capitals');
const date = z.iso.date('must be a date, yyyy-mm-dd');
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time, HH:MM');
const instant = z.iso.datetime();

export const moneySchema = z
  .strictObject({
    amount: z
      .string('must be a decimal string such as "420.00"')
      .regex(/^\d{1,9}(\.\d{1,3})?$/, 'must be a plain decimal amount such as "420.00"'),
    currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code in capitals'),
  })
  .meta({ id: 'Money', example: { amount: '420.00', currency: 'GBP' } });

export const criteriaSchema = z
  .strictObject({
    maxStops: z.int().min(0).max(3).optional(),
    maxDurationMinutes: z.int().min(30).max(5_000).optional(),
    airlines: z
      .array(z.string().regex(/^[A-Z0-9]{2}$/, 'must be two-character IATA airline codes'))
      .max(30)
      .optional(),
    departAfter: time.optional(),
    departBefore: time.optional(),
    bags: z.int().min(0).max(3).optional(),
  })
  .meta({ id: 'Criteria' });

const consent = z.union([z.literal(true), z.string().max(2_000), z.record(z.string().max(100), z.unknown())]);

export const tripInput = z
  .strictObject({
    origin: iata,
    destination: iata,
    departureDate: date,
    returnDate: date.nullish(),
    cabin: z.enum(CABINS).default('economy'),
    travelerIds: z
      .array(z.uuid())
      .min(1, 'must name at least one traveller')
      .max(9, 'must name at most nine travellers'),
    maxPrice: moneySchema,
    autoBook: z.boolean().default(false),
    paymentMethodId: z
      .union([z.uuid(), z.string().regex(/^pm_\w{1,100}$/)], 'must be the id of one of your cards')
      .nullish(),
    consent: consent.optional(),
    criteria: criteriaSchema.optional(),
  })
  .meta({ id: 'TripInput' });

export const tripChange = z
  .strictObject({
    maxPrice: moneySchema.optional(),
    criteria: criteriaSchema.optional(),
    paymentMethodId: tripInput.shape.paymentMethodId,
    autoBook: z.boolean().optional(),
    consent: consent.optional(),
    travelerIds: tripInput.shape.travelerIds.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .meta({ id: 'TripChange' });

/** Duffel takes Latin names of at most 20 characters. */
const name = z
  .string()
  .trim()
  .min(1)
  .max(20, 'must be at most 20 characters, as airlines print it')
  .regex(/^[A-Za-z][A-Za-z .'-]*$/, 'must be written in Latin letters, as in the passport');

export const travelerInput = z
  .strictObject({
    title: z.enum(['mr', 'ms', 'mrs', 'miss', 'dr']),
    givenName: name,
    familyName: name,
    bornOn: date.refine(
      (value) => value <= new Date().toISOString().slice(0, 10) && value > '1900-01-01',
      'must be a date of birth',
    ),
    gender: z.enum(['m', 'f']),
    email: z.email('must be an e-mail address').max(200),
    phone: z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be an international number such as +442080160509'),
  })
  .meta({ id: 'TravelerInput' });

export const traveler = z
  .object({ id: z.uuid(), ...travelerInput.shape, createdAt: instant })
  .meta({ id: 'Traveler' });

export const paymentMethod = z
  .object({
    id: z.uuid(),
    paymentMethodId: z.string(),
    brand: z.string(),
    last4: z.string(),
    expMonth: z.int(),
    expYear: z.int(),
    createdAt: instant,
  })
  .meta({ id: 'PaymentMethod' });

const segment = z.object({
  origin: iata,
  destination: iata,
  departingAtLocal: z.string(),
  arrivingAtLocal: z.string(),
  durationMinutes: z.int(),
  carrier: z.string(),
  carrierName: z.string(),
  flightNumber: z.string(),
  cabin: z.string(),
  stops: z.int(),
});
const itinerary = z.array(
  z.object({ origin: iata, destination: iata, durationMinutes: z.int(), segments: z.array(segment) }),
);

export const booking = z
  .object({
    id: z.uuid(),
    tripId: z.uuid(),
    provider: z.string(),
    orderId: z.string(),
    bookingReference: z.string(),
    status: z.enum(['CONFIRMED', 'CANCELLED', 'REFUNDED']),
    price: moneySchema,
    ticketNumbers: z.array(z.string()),
    bookedAt: instant,
    itinerary,
  })
  .meta({ id: 'Booking' });

export const trip = z
  .object({
    id: z.uuid(),
    status: z.enum(TRIP_STATUSES),
    autoBook: z.boolean(),
    origin: iata,
    destination: iata,
    departureDate: date,
    returnDate: date.nullable(),
    cabin: z.enum(CABINS),
    travelerIds: z.array(z.uuid()),
    paymentMethodId: z.uuid().nullable(),
    maxPrice: moneySchema,
    criteria: criteriaSchema,
    bestPrice: moneySchema.nullable(),
    lastCheckedAt: instant.nullable(),
    nextCheckAt: instant.nullable(),
    outcome: z.object({ code: z.string(), message: z.string() }),
    createdAt: instant,
    updatedAt: instant,
    booking: booking.optional(),
  })
  .meta({ id: 'Trip' });

export const timelineEntry = z
  .object({
    id: z.int(),
    at: instant,
    type: z.string(),
    detail: z.unknown(),
    correlationId: z.string().nullable(),
  })
  .meta({ id: 'TimelineEntry' });

export const offer = z
  .object({
    offerId: z.string(),
    price: moneySchema,
    expiresAt: instant.nullable(),
    seenAt: instant,
    airline: z.object({ code: z.string(), name: z.string() }),
    itinerary,
    refundable: z.boolean().nullable(),
    checkedBags: z.int(),
    fits: z.boolean(),
    objections: z.array(z.string()),
  })
  .meta({ id: 'Offer' });

export const idParam = z.object({ id: z.uuid() });

/** `cursor` is what the last page's `nextCursor` said. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z
    .string()
    .max(300)
    .transform((text, ctx) => {
      const parsed = cursorShape.safeParse(decode(text));
      if (parsed.success) return parsed.data;
      ctx.addIssue({ code: 'custom', message: 'is not one of ours' });
      return z.NEVER;
    })
    .optional(),
});

const cursorShape = z.object({
  at: z.string().refine((at) => /^[\d :.+-]{10,40}$/.test(at) && !Number.isNaN(Date.parse(at))),
  id: z.uuid(),
});

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** A list and where it goes on. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable() });

/** Cuts the cursors off the rows and makes one for the page. */
export function toPage<T extends { cursor: { at: string; id: string } }>(rows: readonly T[], limit: number) {
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return {
    data: rows.map(({ cursor: _, ...row }) => row),
    nextCursor: last ? Buffer.from(JSON.stringify(last.cursor)).toString('base64url') : null,
  };
}
