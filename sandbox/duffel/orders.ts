import { z } from 'zod';
import type { Webhooks } from '../webhooks.ts';
import { newId, random, type World } from '../world.ts';
import { refuse } from './errors.ts';
import type { Cancellation, Order, StoredOffer } from './types.ts';

const LATIN_NAME = /^[A-Za-z][A-Za-z .'-]*$/;
const E164 = /^\+[1-9]\d{6,14}$/;

const passengerSchema = z.object({
  id: z.string(),
  title: z.enum(['mr', 'ms', 'mrs', 'miss', 'dr']),
  given_name: z.string().max(20),
  family_name: z.string().max(20),
  gender: z.enum(['m', 'f']),
  born_on: z.iso.date(),
  email: z.email(),
  phone_number: z.string(),
});

export const orderSchema = z.object({
  type: z.enum(['instant', 'hold']).default('instant'),
  selected_offers: z.array(z.string()).length(1),
  passengers: z.array(z.looseObject({ id: z.string() })).min(1),
  payments: z
    .array(z.object({ type: z.literal('balance'), amount: z.string(), currency: z.string() }))
    .max(1)
    .optional(),
  metadata: z.record(z.string().max(40), z.string().max(500)).default({}),
});

export type OrderRequest = z.infer<typeof orderSchema>;

/** The airline's side: which orders exist, paid or held, and how they end. */
export class Orders {
  readonly all = new Map<string, Order>();
  /** Offer requests of which an offer was booked; a second order on one is refused. */
  readonly bookedRequests = new Set<string>();
  readonly cancellations: Cancellation[] = [];
  /** Offers on which an order call ended without a clear answer; a second call is refused. */
  readonly attempted = new Set<string>();
  readonly #world: World;
  readonly #webhooks: Webhooks;

  constructor(world: World, webhooks: Webhooks) {
    this.#world = world;
    this.#webhooks = webhooks;
  }

  /** Refuses what Duffel refuses, before anything happens at the airline. */
  check(request: OrderRequest, stored: StoredOffer, requestBooked: boolean): void {
    const { offer } = stored;
    if (Date.parse(offer.expires_at) <= this.#world.now())
      refuse(422, 'invalid_state_error', 'offer_expired', 'The offer has expired.', '/selected_offers/0');
    if (this.attempted.has(offer.id))
      refuse(
        422,
        'invalid_state_error',
        'order_creation_already_attempted',
        'An order for this offer was already attempted.',
      );
    if (requestBooked)
      refuse(
        422,
        'invalid_state_error',
        'offer_request_already_booked',
        'Another offer of this request was booked.',
      );
    this.#checkPassengers(request, stored);
    const payment = request.payments?.[0];
    if (request.type === 'hold') {
      if (offer.payment_requirements.requires_instant_payment)
        refuse(
          422,
          'invalid_state_error',
          'instant_payment_required',
          'This offer can not be held.',
          '/type',
        );
      return;
    }
    if (!payment)
      refuse(422, 'validation_error', 'validation_required', "Field 'payments' can't be blank", '/payments');
    if (payment.currency !== offer.total_currency)
      refuse(
        422,
        'validation_error',
        'payment_currency_does_not_match_order_currency',
        'Wrong currency.',
        '/payments/0/currency',
      );
    if (payment.amount !== offer.total_amount)
      refuse(
        422,
        'validation_error',
        'payment_amount_does_not_match_order_amount',
        `The order costs ${offer.total_amount}.`,
        '/payments/0/amount',
      );
  }

  #checkPassengers(request: OrderRequest, { offer }: StoredOffer): void {
    const expected = offer.passengers
      .map((passenger) => passenger.id)
      .sort()
      .join();
    if (
      request.passengers
        .map((passenger) => passenger.id)
        .sort()
        .join() !== expected
    )
      refuse(
        422,
        'invalid_state_error',
        'order_passengers_incompatible_with_offer',
        'Passengers differ from the offer.',
        '/passengers',
      );
    const seen = new Set<string>();
    for (const [index, raw] of request.passengers.entries()) {
      const at = `/passengers/${index}`;
      const parsed = passengerSchema.safeParse(raw);
      if (!parsed.success) {
        const field = String(parsed.error.issues[0]?.path[0]);
        refuse(
          422,
          'validation_error',
          field === 'title' ? 'invalid_passenger_title' : 'validation_required',
          `Field '${field}' is invalid`,
          `${at}/${field}`,
        );
      }
      const { given_name, family_name, phone_number, born_on } = parsed.data;
      if (!LATIN_NAME.test(given_name) || !LATIN_NAME.test(family_name))
        refuse(
          422,
          'validation_error',
          'invalid_passenger_name',
          'Name contains invalid characters.',
          `${at}/given_name`,
        );
      if (!E164.test(phone_number))
        refuse(422, 'validation_error', 'invalid_phone_number', 'Not an E.164 number.', `${at}/phone_number`);
      const name = `${given_name} ${family_name} ${born_on}`.toLowerCase();
      if (seen.has(name))
        refuse(422, 'validation_error', 'duplicate_passenger_name', 'Two passengers share a name.', at);
      seen.add(name);
    }
  }

  /** The seats are taken. From here on the airline has an order, whoever hears of it. */
  create(request: OrderRequest, stored: StoredOffer): Order {
    const { offer } = stored;
    const now = this.#world.nowIso();
    const paid = request.type === 'instant';
    const { payment_required_by, price_guarantee_expires_at } = offer.payment_requirements;
    const order: Order = {
      id: newId('ord'),
      live_mode: false,
      booking_reference: reference(),
      offer_id: offer.id,
      type: request.type,
      created_at: now,
      synced_at: now,
      total_amount: offer.total_amount,
      total_currency: offer.total_currency,
      owner: offer.owner,
      passengers: request.passengers as Order['passengers'],
      slices: offer.slices,
      conditions: offer.conditions,
      documents: paid ? tickets(request) : [],
      payment_status: {
        awaiting_payment: !paid,
        payment_required_by: paid ? null : payment_required_by,
        price_guarantee_expires_at: paid ? null : price_guarantee_expires_at,
        paid_at: paid ? now : null,
      },
      available_actions: ['cancel', 'change', 'update'],
      cancelled_at: null,
      cancellation: null,
      airline_initiated_changes: [],
      metadata: request.metadata,
    };
    this.all.set(order.id, order);
    this.bookedRequests.add(stored.requestId);
    this.event('order.created', {
      id: order.id,
      offer_id: offer.id,
      booking_reference: order.booking_reference,
    });
    return order;
  }

  find(id: string): Order {
    return this.all.get(id) ?? refuse(404, 'invalid_request_error', 'not_found', `No order ${id}.`);
  }

  /** Pays for a held order and issues its tickets. */
  pay(order: Order, payment: { amount: string; currency: string }): void {
    if (order.payment_status.paid_at)
      refuse(422, 'invalid_state_error', 'already_paid', 'The order is paid.');
    if (order.cancelled_at)
      refuse(422, 'invalid_state_error', 'already_cancelled', 'The order is cancelled.');
    if (Date.parse(order.payment_status.payment_required_by ?? '') < this.#world.now())
      refuse(422, 'invalid_state_error', 'past_payment_required_by_date', 'The hold has lapsed.');
    if (payment.amount !== order.total_amount || payment.currency !== order.total_currency)
      refuse(
        422,
        'validation_error',
        'payment_amount_does_not_match_order_amount',
        `The order costs ${order.total_amount}.`,
      );
    order.payment_status = {
      ...order.payment_status,
      awaiting_payment: false,
      paid_at: this.#world.nowIso(),
    };
    order.documents = tickets(order);
    this.event('payment.created', { order_id: order.id });
  }

  quoteCancellation(order: Order, toAirlineCredits: boolean): Cancellation {
    if (order.cancelled_at)
      refuse(422, 'invalid_state_error', 'already_cancelled', 'The order is cancelled.');
    const refund = order.conditions.refund_before_departure;
    const refunded = refund?.allowed ? Number(order.total_amount) - Number(refund.penalty_amount ?? 0) : 0;
    const quote: Cancellation = {
      id: newId('ore'),
      order_id: order.id,
      refund_amount: order.payment_status.paid_at
        ? refunded.toFixed(order.total_amount.split('.')[1]?.length ?? 0)
        : '0.00',
      refund_currency: order.total_currency,
      refund_to: toAirlineCredits ? 'airline_credits' : 'balance',
      created_at: this.#world.nowIso(),
      expires_at: new Date(this.#world.now() + 15 * 60_000).toISOString(),
      confirmed_at: null,
    };
    this.cancellations.push(quote);
    return quote;
  }

  confirmCancellation(id: string): Cancellation {
    const quote = this.cancellations.find((cancellation) => cancellation.id === id);
    if (!quote) return refuse(404, 'invalid_request_error', 'not_found', `No cancellation ${id}.`);
    const newest = this.cancellations.findLast((cancellation) => cancellation.order_id === quote.order_id);
    if (newest !== quote)
      refuse(422, 'invalid_state_error', 'order_cancellation_stale', 'A newer quote exists.');
    const order = this.find(quote.order_id);
    if (order.cancelled_at)
      refuse(422, 'invalid_state_error', 'already_cancelled', 'The order is cancelled.');
    quote.confirmed_at = this.#world.nowIso();
    order.cancelled_at = quote.confirmed_at;
    order.cancellation = quote;
    order.available_actions = [];
    this.event('order.updated', { id: order.id });
    return quote;
  }

  /** The airline moves the flight; whoever holds the ticket is told by webhook. */
  changeByAirline(order: Order): void {
    const change = {
      id: newId('aic'),
      order_id: order.id,
      created_at: this.#world.nowIso(),
      action_taken: null,
    };
    order.airline_initiated_changes.push(change);
    this.event('order.airline_initiated_change_detected', change);
  }

  event(type: string, object: object): void {
    const id = newId('wev');
    this.#webhooks.send('duffel', type, {
      id,
      api_version: 'v2',
      type,
      data: { object },
      live_mode: false,
      idempotency_key: id,
      created_at: this.#world.nowIso(),
    });
  }
}

/** Six letters and digits, without those that are mistaken for one another. */
function reference(): string {
  const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  return Array.from({ length: 6 }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
}

function tickets(order: { passengers: { id: string }[] }): Order['documents'] {
  return order.passengers.map((passenger) => ({
    type: 'electronic_ticket',
    unique_identifier: `125-${Math.floor(1e9 + random() * 9e9)}`,
    passenger_ids: [passenger.id],
  }));
}
