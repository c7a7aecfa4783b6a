import { z } from 'zod';
import { type Money, parseMoney } from '../../domain/money.ts';
import { Retryable } from '../../errors.ts';
import type { FoundOrder, ListedOrder } from '../../ports/flights.ts';
import type { UnreadableRow } from '../../ports/vendor-list.ts';
import { madeBy, ownId } from '../deployment.ts';
import { firstField, optionalList, optionalRecord, optionalText, type Reading } from '../lenient.ts';
import { offerSchema, toOffer } from './normalise.ts';
import { changesSchema, readSlices, toChange } from './normalise-change.ts';

/** Without these the order's id, price or status is unknown. */
const neededSchema = z.object({
  id: z.string().startsWith('ord_'),
  total_amount: z.string(),
  total_currency: z.string(),
  cancelled_at: z.string().nullish(),
});

/** What else is read, where it is there. */
const optionalSchema = z.object({
  id: optionalText,
  booking_reference: optionalText,
  booking_references: optionalList(z.object({ booking_reference: z.string() })),
  documents: optionalList(
    z.object({
      type: optionalText,
      unique_identifier: z.string(),
      passenger_ids: optionalList(z.string()),
    }),
  ),
  passengers: optionalList(z.object({ id: z.string() })),
  cancellation: z
    .object({ refund_amount: optionalText, refund_currency: optionalText })
    .nullable()
    .catch(null),
  available_actions: optionalList(z.string()),
  metadata: optionalRecord,
  created_at: optionalText,
  offer_id: optionalText,
  slices: z.unknown().optional(),
  airline_initiated_changes: changesSchema,
});

/** @param deployment our own name, against the one on the order */
export function readOrder(raw: unknown, deployment: string): Reading<FoundOrder> {
  const order = optionalSchema.parse(raw ?? {});
  const { metadata } = order;
  const whose = { attemptId: ownId(metadata, 'attempt_id'), madeBy: madeBy(metadata, deployment) };
  const needed = neededSchema.safeParse(raw);
  const total = needed.success
    ? parseMoney({ amount: needed.data.total_amount, currency: needed.data.total_currency })
    : undefined;
  if (!needed.success || !total) {
    const field = needed.success ? 'total_amount' : firstField(needed.error);
    return { unreadable: { id: order.id, ...whose, field } };
  }
  return {
    row: {
      facts: {
        orderId: needed.data.id,
        bookingReference: order.booking_reference || order.booking_references[0]?.booking_reference || null,
        total,
        ...ticketsOf(order),
      },
      ...whose,
      cancelled: Boolean(needed.data.cancelled_at),
      cancellable: order.available_actions.includes('cancel'),
      refund: refunded(order.cancellation),
      slices: readSlices(order.slices),
      changes: order.airline_initiated_changes.map(toChange),
    },
  };
}

/** Documents of miscellaneous services, such as a bag, are no tickets. Source: Duffel, "Orders", `documents[].type`. */
const TICKET = 'electronic_ticket';

/**
 * One entry a passenger, and whose each is: orders name passengers, and documents are issued, in any order. None while one of the
 * passengers has no ticket yet; several of one passenger are one entry.
 */
function ticketsOf({
  documents,
  passengers,
}: z.infer<typeof optionalSchema>): Pick<FoundOrder['facts'], 'ticketNumbers' | 'passengerIds'> {
  const tickets = documents.filter(({ type }) => type === null || type === TICKET);
  const isNamed = passengers.length > 0 && tickets.every(({ passenger_ids }) => passenger_ids.length > 0);
  if (!isNamed) return { ticketNumbers: tickets.map(({ unique_identifier }) => unique_identifier) };
  const each = passengers.map(({ id }) =>
    tickets
      .filter(({ passenger_ids }) => passenger_ids.includes(id))
      .map(({ unique_identifier }) => unique_identifier)
      .join(', '),
  );
  return { ticketNumbers: each.every(Boolean) ? each : [], passengerIds: passengers.map(({ id }) => id) };
}

/** @throws Retryable when it lacks what is needed: it may be readable later, and is not gone */
export function toOrder(raw: unknown, deployment: string): FoundOrder {
  const reading = readOrder(raw, deployment);
  if ('row' in reading) return reading.row;
  throw new Retryable('unreadable_order', `Duffel's order lacks ${reading.unreadable.field}`);
}

/** An order of the list. Its offer is null when the order does not say all that an offer needs. */
export function readListedOrder(raw: unknown, deployment: string): Reading<ListedOrder> {
  const reading = readOrder(raw, deployment);
  if ('unreadable' in reading) return reading;
  const { metadata, created_at, offer_id } = optionalSchema.parse(raw);
  const createdAt = createdAtOf({ created_at });
  if (!createdAt) return { unreadable: unreadableFrom(reading.row, 'created_at') };
  const offer = offerSchema.safeParse({ ...(raw as object), id: offer_id });
  return {
    row: {
      ...reading.row,
      tripId: ownId(metadata, 'trip_id'),
      createdAt,
      offer: offer.success ? { ...toOffer(offer.data), expiresAt: null } : null,
    },
  };
}

/** When an order of the list was made; undefined where it does not say. */
export function createdAtOf(raw: unknown): Date | undefined {
  const at = Date.parse(String((raw as { created_at?: unknown } | null)?.created_at));
  return Number.isNaN(at) ? undefined : new Date(at);
}

const unreadableFrom = ({ facts, attemptId, madeBy }: FoundOrder, field: string): UnreadableRow => ({
  id: facts.orderId,
  attemptId,
  madeBy,
  field,
});

/** Null is unknown: also an amount that is no decimal of its currency. */
function refunded(cancellation: z.infer<typeof optionalSchema>['cancellation']): Money | null {
  const { refund_amount: amount, refund_currency: currency } = cancellation ?? {};
  return amount && currency ? (parseMoney({ amount, currency }) ?? null) : null;
}

/** Fields of a passenger that say who travels. */
const NAMES = [
  'title',
  'given_name',
  'family_name',
  'gender',
  'born_on',
  'email',
  'phone_number',
  'identity_documents',
  'loyalty_programme_accounts',
];
const PERSONAL = ['passengers', 'users', ...NAMES];

/** An answer of Duffel's as it may be stored: whole, but for what says who travels. */
export const withoutTravelers = (answer: unknown): unknown => without(new Set(PERSONAL), answer);

/** The same of an offer, whose passengers say who has which bags. */
export const withoutNames = (offer: unknown): unknown => without(new Set(NAMES), offer);

function without(fields: ReadonlySet<string>, answer: unknown): unknown {
  return JSON.parse(
    JSON.stringify(answer ?? null, (key, value: unknown) => (fields.has(key) ? undefined : value)),
  );
}
