import { z } from 'zod';
import type { Webhooks } from '../webhooks.ts';
import { newId, type World } from '../world.ts';
import { refuse } from './errors.ts';
import { checkPassengers, withLoyalty } from './passengers.ts';
import { hasDeparted, reference, tickets } from './tickets.ts';
import type { Cancellation, CancellationTerms, Order, StoredOffer } from './types.ts';

/** Duffel keeps so many pairs of metadata. */
const MAX_METADATA_PAIRS = 50;

export const orderSchema = z.object({
  type: z.enum(['instant', 'hold']).default('instant'),
  selected_offers: z.array(z.string()).length(1),
  passengers: z.array(z.looseObject({ id: z.string() })).min(1),
  payments: z
    .array(z.object({ type: z.literal('balance'), amount: z.string(), currency: z.string() }))
    .max(1)
    .optional(),
  metadata: z
    .record(z.string().max(40), z.string().max(500))
    .refine((pairs) => Object.keys(pairs).length <= MAX_METADATA_PAIRS, 'too many pairs of metadata')
    .default({}),
});

export type OrderRequest = z.infer<typeof orderSchema>;

/** The airline's side: which orders exist, paid or held, and how they end. */
export class Orders {
  readonly all = new Map<string, Order>();
  /** Offer requests of which an offer was booked; a second order on one is refused. */
  readonly bookedRequests = new Set<string>();
  readonly cancellations: Cancellation[] = [];
  /** What the airline says of single orders' cancellations, where it is not what their fare says. */
  readonly terms = new Map<string, CancellationTerms>();
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
    checkPassengers(request.passengers as Order['passengers'], stored);
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
      passengers: withLoyalty(request.passengers, offer),
      slices: offer.slices,
      conditions: offer.conditions,
      documents: [],
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
    if (paid) this.#issue(order);
    this.event('order.created', { id: order.id, offer_id: offer.id }, order.id);
    return order;
  }

  /** At once, unless tickets are late: then one passenger after the other, the last first. */
  #issue(order: Order): void {
    const { ticketsLateMs } = this.#world.settings;
    const documents = tickets(order);
    if (ticketsLateMs === 0) {
      order.documents = documents;
      return;
    }
    documents.forEach((document, index) => {
      this.#world.later(ticketsLateMs * (index + 1), () => {
        if (order.cancelled_at) return;
        order.documents = [...order.documents, document];
        this.event('order.updated', { id: order.id }, order.id);
      });
    });
  }

  /** As it reads to the API: what has departed is no longer cancelled or changed there. */
  readonly shown = (order: Order): Order =>
    hasDeparted(order, this.#world.now())
      ? { ...order, available_actions: order.available_actions.filter((action) => action === 'update') }
      : order;

  /** GET by id. An order may be missing there, too, for a while after it was made. */
  read(id: string): Order {
    const order = this.find(id);
    const ageMs = this.#world.now() - Date.parse(order.created_at);
    if (ageMs < this.#world.settings.readLagMs)
      refuse(404, 'invalid_request_error', 'not_found', `No order ${id}.`);
    return this.shown(order);
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
    this.#issue(order);
    const paymentId = newId('pay');
    this.event('payment.created', { payment_id: paymentId }, paymentId);
  }

  quoteCancellation(order: Order, toAirlineCredits: boolean): Cancellation {
    if (order.cancelled_at)
      refuse(422, 'invalid_state_error', 'already_cancelled', 'The order is cancelled.');
    this.#refuseDeparted(order);
    const refund = order.conditions.refund_before_departure;
    const refunded = refund?.allowed ? Number(order.total_amount) - Number(refund.penalty_amount ?? 0) : 0;
    const {
      quoteTtlMs = 15 * 60_000,
      refund_amount,
      refund_currency,
      refund_to,
    } = this.terms.get(order.id) ?? {};
    const said = {
      ...(refund_amount !== undefined && { refund_amount }),
      ...(refund_currency && { refund_currency }),
      ...(refund_to && { refund_to }),
    };
    const quote: Cancellation = {
      id: newId('ore'),
      order_id: order.id,
      refund_amount: order.payment_status.paid_at
        ? refunded.toFixed(order.total_amount.split('.')[1]?.length ?? 0)
        : '0.00',
      refund_currency: order.total_currency,
      refund_to: toAirlineCredits ? 'airline_credits' : 'balance',
      ...said,
      created_at: this.#world.nowIso(),
      expires_at: new Date(this.#world.now() + quoteTtlMs).toISOString(),
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
    if (quote.confirmed_at) return quote;
    this.#refuseDeparted(order);
    if (Date.parse(quote.expires_at) <= this.#world.now())
      refuse(422, 'invalid_state_error', 'order_cancellation_stale', 'The quote has expired.');
    quote.confirmed_at = this.#world.nowIso();
    const { readsLiveMs = 0 } = this.terms.get(order.id) ?? {};
    if (readsLiveMs > 0) this.#world.later(readsLiveMs, () => this.#cancel(order, quote));
    else this.#cancel(order, quote);
    return quote;
  }

  /** Duffel documents no code for it, only that `cancel` is no longer among the order's actions. */
  #refuseDeparted(order: Order): void {
    if (!this.shown(order).available_actions.includes('cancel'))
      refuse(422, 'invalid_state_error', 'order_not_cancellable', 'The order can not be cancelled online.');
  }

  #cancel(order: Order, quote: Cancellation): void {
    // Confirmed twice while it read as live: it is cancelled once.
    if (order.cancelled_at) return;
    const { confirmed_refund_amount: amount = quote.refund_amount } = this.terms.get(order.id) ?? {};
    order.cancelled_at = quote.confirmed_at;
    order.cancellation = { ...quote, refund_amount: amount };
    order.available_actions = [];
    this.event('order.updated', { id: order.id }, order.id);
  }

  /**
   * Sends a thin event.
   * @param about the id of what it is about, which is its idempotency key; an order that failed has none
   */
  event(type: string, object: object, about?: string): void {
    const id = newId('wev');
    this.#webhooks.send('duffel', type, {
      id,
      api_version: 'v2',
      type,
      data: { object },
      live_mode: false,
      idempotency_key: about ?? Buffer.from(`failed-por_${id}`).toString('base64'),
      created_at: this.#world.nowIso(),
    });
  }
}
