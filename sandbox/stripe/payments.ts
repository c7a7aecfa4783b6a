import type { Webhooks } from '../webhooks.ts';
import { newId, type World } from '../world.ts';
import { type TestCard, testCard } from './cards.ts';
import { missing, refuse } from './errors.ts';
import type { Charge, MoneyTimes, PaymentIntent, PaymentMethod, Refund } from './types.ts';

/** The card network's side: what is held, taken, given back. */
export class Payments {
  readonly methods = new Map<string, PaymentMethod & { card_behaviour: TestCard }>();
  readonly intents = new Map<string, PaymentIntent>();
  readonly times = new Map<string, MoneyTimes>();
  readonly charges = new Map<string, Charge>();
  readonly refunds: Refund[] = [];
  readonly #world: World;
  readonly #webhooks: Webhooks;

  constructor(world: World, webhooks: Webhooks) {
    this.#world = world;
    this.#webhooks = webhooks;
  }

  /** A test token such as `pm_card_visa` becomes a payment method of its own, as at Stripe. */
  method(id: string, customer: string | null = null): PaymentMethod & { card_behaviour: TestCard } {
    const known = this.methods.get(id);
    if (known) return known;
    const card = testCard(id);
    if (!card) return missing('PaymentMethod', id);
    const made = {
      id: newId('pm'),
      object: 'payment_method' as const,
      type: 'card' as const,
      card: { brand: card.brand, last4: card.last4, exp_month: 12, exp_year: 2034 },
      customer,
      created: this.unix(),
      card_behaviour: card,
    };
    this.methods.set(made.id, made);
    return made;
  }

  create(body: Record<string, unknown>): PaymentIntent {
    const amount = Number(body.amount);
    if (!Number.isInteger(amount) || amount < 1)
      refuse(400, {
        type: 'invalid_request_error',
        code: 'parameter_invalid_integer',
        message: 'Invalid integer.',
        param: 'amount',
      });
    if (amount < 30)
      refuse(400, {
        type: 'invalid_request_error',
        code: 'amount_too_small',
        message: 'Amount must be at least £0.30.',
        param: 'amount',
      });
    const intent: PaymentIntent = {
      id: newId('pi'),
      object: 'payment_intent',
      amount,
      amount_capturable: 0,
      amount_received: 0,
      currency: String(body.currency),
      customer: (body.customer as string) ?? null,
      payment_method: null,
      capture_method: body.capture_method === 'manual' ? 'manual' : 'automatic',
      client_secret: `${newId('pi')}_secret_${newId('s')}`,
      status: 'requires_payment_method',
      latest_charge: null,
      last_payment_error: null,
      metadata: (body.metadata as Record<string, string>) ?? {},
      description: (body.description as string) ?? null,
      created: this.unix(),
      canceled_at: null,
      cancellation_reason: null,
    };
    this.intents.set(intent.id, intent);
    this.times.set(intent.id, { authorizedAt: null, capturedAt: null, canceledAt: null });
    if (body.payment_method)
      intent.payment_method = this.method(String(body.payment_method), intent.customer).id;
    if (intent.payment_method) intent.status = 'requires_confirmation';
    if (String(body.confirm) === 'true') this.confirm(intent, String(body.off_session) === 'true');
    return intent;
  }

  confirm(intent: PaymentIntent, offSession: boolean): void {
    if (!['requires_confirmation', 'requires_payment_method', 'requires_action'].includes(intent.status))
      this.#unexpected(intent, 'confirm');
    const method = this.method(String(intent.payment_method));
    const { decline, brand, last4, holdMs } = method.card_behaviour;
    const needsSca = decline?.code === 'authentication_required';
    if (needsSca && !offSession) {
      intent.status = 'requires_action';
      this.event('payment_intent.requires_action', intent);
      return;
    }
    if (decline) {
      intent.status = 'requires_payment_method';
      intent.last_payment_error = { ...decline, type: 'card_error' };
      intent.payment_method = null;
      this.event('payment_intent.payment_failed', intent);
      refuse(402, { type: 'card_error', ...decline, payment_intent: intent });
    }
    this.#authorize(intent, { brand, last4, holdMs });
  }

  /** The bank's page is done: the traveller has proven who they are. */
  authenticate(intent: PaymentIntent): void {
    if (intent.status !== 'requires_action') this.#unexpected(intent, 'authenticate');
    this.#authorize(intent, this.method(String(intent.payment_method)).card_behaviour);
  }

  #authorize(intent: PaymentIntent, card: Pick<TestCard, 'brand' | 'last4' | 'holdMs'>): void {
    const charge: Charge = {
      id: newId('ch'),
      object: 'charge',
      amount: intent.amount,
      amount_captured: 0,
      amount_refunded: 0,
      captured: false,
      currency: intent.currency,
      payment_intent: intent.id,
      status: 'succeeded',
      payment_method_details: {
        type: 'card',
        card: {
          brand: card.brand,
          last4: card.last4,
          capture_before: this.unix() + Math.floor(card.holdMs / 1000),
        },
      },
    };
    this.charges.set(charge.id, charge);
    intent.latest_charge = charge.id;
    intent.amount_capturable = intent.amount;
    intent.status = 'requires_capture';
    this.#time(intent).authorizedAt = this.#world.nowIso();
    if (intent.capture_method === 'automatic') this.capture(intent, intent.amount);
    else this.event('payment_intent.amount_capturable_updated', intent);
  }

  /** Lets holds lapse whose time is over, as the issuer does. */
  find(id: unknown): PaymentIntent {
    const intent = this.intents.get(String(id)) ?? missing('payment_intent', id);
    const charge = this.#charge(intent);
    if (
      intent.status === 'requires_capture' &&
      charge &&
      charge.payment_method_details.card.capture_before <= this.unix()
    ) {
      this.#close(intent, 'automatic');
      this.event('charge.expired', charge);
    }
    return intent;
  }

  capture(intent: PaymentIntent, amount: number): void {
    const charge = this.#charge(intent);
    if (intent.status === 'canceled' && charge)
      refuse(400, {
        type: 'invalid_request_error',
        code: 'charge_expired_for_capture',
        message: 'The charge has expired.',
        payment_intent: intent,
      });
    if (intent.status !== 'requires_capture' || !charge) this.#unexpected(intent, 'capture');
    if (amount > intent.amount_capturable)
      refuse(400, {
        type: 'invalid_request_error',
        code: 'amount_too_large',
        message: 'More than authorised.',
        param: 'amount_to_capture',
      });
    intent.status = 'succeeded';
    intent.amount_received = amount;
    intent.amount_capturable = 0;
    if (charge) Object.assign(charge, { captured: true, amount_captured: amount });
    this.#time(intent).capturedAt = this.#world.nowIso();
    this.event('payment_intent.succeeded', intent);
    if (this.methods.get(String(intent.payment_method))?.card_behaviour.disputes)
      this.event('charge.dispute.created', {
        id: newId('dp'),
        object: 'dispute',
        payment_intent: intent.id,
        amount,
      });
  }

  cancel(intent: PaymentIntent, reason: string | null): void {
    if (
      !['requires_payment_method', 'requires_capture', 'requires_confirmation', 'requires_action'].includes(
        intent.status,
      )
    )
      this.#unexpected(intent, 'cancel');
    this.#close(intent, reason);
  }

  refund(intent: PaymentIntent, amount: number | undefined, body: Record<string, unknown>): Refund {
    const charge = this.#charge(intent);
    if (intent.status !== 'succeeded' || !charge) this.#unexpected(intent, 'refund');
    const left = intent.amount_received - (charge?.amount_refunded ?? 0);
    if (left <= 0)
      refuse(400, {
        type: 'invalid_request_error',
        code: 'charge_already_refunded',
        message: 'Already refunded.',
      });
    const fails = this.methods.get(String(intent.payment_method))?.card_behaviour.refundFails;
    const refund: Refund = {
      id: newId('re'),
      object: 'refund',
      amount: Math.min(amount ?? left, left),
      currency: intent.currency,
      payment_intent: intent.id,
      reason: (body.reason as string) ?? null,
      status: fails ? 'failed' : 'succeeded',
      created: this.unix(),
      metadata: (body.metadata as Record<string, string>) ?? {},
    };
    this.refunds.push(refund);
    if (charge && !fails) charge.amount_refunded += refund.amount;
    this.event(fails ? 'refund.failed' : 'refund.created', refund);
    return refund;
  }

  event(type: string, object: object): void {
    this.#webhooks.send('stripe', type, {
      id: newId('evt'),
      object: 'event',
      api_version: '2026-10-28.endive',
      created: this.unix(),
      type,
      livemode: false,
      data: { object: structuredClone(object) },
    });
  }

  unix(): number {
    return Math.floor(this.#world.now() / 1000);
  }

  #charge(intent: PaymentIntent): Charge | undefined {
    return typeof intent.latest_charge === 'string' ? this.charges.get(intent.latest_charge) : undefined;
  }

  #time(intent: PaymentIntent): MoneyTimes {
    return this.times.get(intent.id) as MoneyTimes;
  }

  #close(intent: PaymentIntent, reason: string | null): void {
    Object.assign(intent, {
      status: 'canceled',
      amount_capturable: 0,
      canceled_at: this.unix(),
      cancellation_reason: reason,
    });
    this.#time(intent).canceledAt = this.#world.nowIso();
    this.event('payment_intent.canceled', intent);
  }

  #unexpected(intent: PaymentIntent, action: string): never {
    return refuse(400, {
      type: 'invalid_request_error',
      code: 'payment_intent_unexpected_state',
      message: `You cannot ${action} this PaymentIntent because it has a status of ${intent.status}.`,
      payment_intent: intent,
    });
  }
}
