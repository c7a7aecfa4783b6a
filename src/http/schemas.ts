import { DateTime } from 'luxon';
import { z } from 'zod';
import { isPhoneNumber } from '../domain/phone.ts';
import { CABINS } from '../domain/search.ts';
import { TRIP_STATUSES } from '../domain/trip.ts';
import { cancellation } from './cancellation-schema.ts';
import { moneySchema } from './money-schema.ts';

/** Shapes of requests and replies. What depends on the user is checked by the services. */

const iata = z.string().regex(/^[A-Z]{3}$/, 'must be a three-letter IATA code in capitals');
const date = z.iso.date('must be a date, yyyy-mm-dd');
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time, HH:MM');
const instant = z.iso.datetime();

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

export const tripRelease = z
  .strictObject({
    ticketMayStillTurnUp: z
      .literal(
        true,
        'must be true: a ticket may still turn up after the release, and is then cancelled if its fare allows',
      )
      .describe(
        'The traveller understands that the airline may still make a ticket, and that it is then cancelled if its fare allows.',
      ),
  })
  .meta({ id: 'TripRelease' });

/** Duffel takes 1 to 20 letters of ASCII, Latin-1 and Latin Extended-A, without ligatures and without dots. */
const name = z
  .string()
  .trim()
  .min(1)
  .max(20, 'must be at most 20 characters, as airlines print it')
  .regex(
    /^[A-Za-zÀ-ÅÇ-ÏÑ-ÖØ-Ýß-åç-ïñ-öø-ýÿ-ıĴ-őŔ-ſ][A-Za-zÀ-ÅÇ-ÏÑ-ÖØ-Ýß-åç-ïñ-öø-ýÿ-ıĴ-őŔ-ſ '-]*$/,
    'must be written in Latin letters without dots or digits, as in the passport',
  );

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
    phone: z.string().refine(isPhoneNumber, 'must be an international number such as +442080160509'),
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
    cancellation: cancellation.optional(),
    dispute: z
      .object({
        status: z.string(),
        reason: z.string(),
        amount: moneySchema,
        evidenceDueBy: instant.nullable().meta({ description: 'Null: no response is possible.' }),
      })
      .nullable()
      .meta({ description: 'The dispute of the payment at the bank, if there is one.' }),
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
    outcome: z.object({
      code: z.string(),
      message: z.string(),
      waitsUntil: instant
        .optional()
        .describe('Until when at most an order of unknown outcome is waited for; only while one is.'),
    }),
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

/** `cursor` is `nextCursor` of the page before. */
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

/** An instant as Postgres writes it, in whatever time zone its session has; one that exists. */
const CURSOR_AT = /^[12]\d{3}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d)?$/;
const cursorShape = z.object({
  at: z.string().refine((at) => CURSOR_AT.test(at) && DateTime.fromSQL(at).isValid),
  id: z.uuid(),
});

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** A page of a list, and the cursor of the next one. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable() });

/** Removes the cursors from the rows and encodes the last one as the page's. */
export function toPage<T extends { cursor: { at: string; id: string } }>(rows: readonly T[], limit: number) {
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return {
    data: rows.map(({ cursor: _, ...row }) => row),
    nextCursor: last ? Buffer.from(JSON.stringify(last.cursor)).toString('base64url') : null,
  };
}
