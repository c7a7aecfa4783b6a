import type { Webhooks } from '../webhooks.ts';
import { newId, type World } from '../world.ts';
import { type TestCard, testCard, WEEK_MS } from './cards.ts';
import { checkAmount } from './currencies.ts';
import { type DisputeOpening, Disputes } from './disputes.ts';
import { missing, refuse, unexpected } from './errors.ts';
import { checkConfirmation, checkUsable } from './intent-rules.ts';
import { checkMetadata } from './metadata.ts';
import { newCharge, newIntent } from './new-objects.ts';
import { Refunds } from './refunds.ts';
import type { Charge, Dispute, MoneyTimes, PaymentIntent, PaymentMethod, Refund } from './types.ts';

/** The card network's side: what is held, taken, given back. */
export class Payments {
  readonly methods = new Map<string, PaymentMethod & { card_behaviour: TestCard }>();
  readonly intents = new Map<string, PaymentIntent>();
  readonly times = new Map<string, MoneyTimes>();
  /** When intents and refunds were made, in milliseconds: lists show them later. */
  readonly madeAt = new Map<string, number>();
  readonly charges = new Map<string, Charge>();
  readonly refundDesk: Refunds;
  readonly disputes: Disputes;
  readonly #world: World;
  readonly #webhooks: Webhooks;

  constructor(world: World, webhooks: Webhooks) {
    this.#world = world;
    this.#webhooks = webhooks;
    const event = (type: string, object: object) => this.event(type, object);
    this.disputes = new Disputes({ world, event });
    this.refundDesk = new Refunds({
      world,
      event,
      madeAt: this.madeAt,
      chargeOf: (id) => this.#charge(this.find(id)),
    });
  }

  get refunds(): Refund[] {
    return this.refundDesk.all;
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
    const { amount, method } = this.#checked(body);
    const intent = newIntent(body, amount, this.unix());
    this.intents.set(intent.id, intent);
    this.madeAt.set(intent.id, this.#world.now());
    this.times.set(intent.id, { authorizedAt: null, capturedAt: null, canceledAt: null });
    if (method) intent.payment_method = method.id;
    if (intent.payment_method) intent.status = 'requires_confirmation';
    if (String(body.confirm) === 'true') this.confirm(intent, String(body.off_session) === 'true');
    return intent;
  }

  /** Refuses what Stripe refuses before there is an intent. */
  #checked(body: Record<string, unknown>) {
    checkConfirmation(body);
    const amount = Number(body.amount);
    checkAmount(amount, String(body.currency), null);
    const customer = (body.customer as string) ?? null;
    if (!body.payment_method) return { amount, method: null };
    const method = this.method(String(body.payment_method), customer);
    checkUsable(method, customer);
    checkAmount(amount, String(body.currency), method.card.brand);
    return { amount, method };
  }

  confirm(intent: PaymentIntent, offSession: boolean): void {
    if (!['requires_confirmation', 'requires_payment_method', 'requires_action'].includes(intent.status))
      unexpected(intent, 'confirm');
    // A decline takes the card off the intent: it has to be named again.
    if (!intent.payment_method)
      refuse(400, {
        type: 'invalid_request_error',
        code: 'payment_intent_unexpected_state',
        message: "You cannot confirm this PaymentIntent because it's missing a payment method.",
        payment_intent: intent,
      });
    const { decline, brand, last4, authorizationMs } = this.method(intent.payment_method).card_behaviour;
    if (decline?.code === 'authentication_required' && !offSession) {
      Object.assign(intent, {
        status: 'requires_action',
        last_payment_error: null,
        next_action: { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'stripe_3ds2_challenge' } },
      });
      this.event('payment_intent.requires_action', intent);
      return;
    }
    if (decline) {
      this.#fail(intent, decline);
      refuse(402, { type: 'card_error', ...decline, payment_intent: intent });
    }
    this.#authorize(intent, { brand, last4, authorizationMs: offSession ? authorizationMs : WEEK_MS });
  }

  /** The bank's own page is done: the payer has proven who they are, or has not. */
  authenticate(intent: PaymentIntent, proven = true): void {
    if (intent.status !== 'requires_action') unexpected(intent, 'authenticate');
    const { declineOnSession, brand, last4 } = this.method(String(intent.payment_method)).card_behaviour;
    if (!proven)
      this.#fail(intent, {
        code: 'payment_intent_authentication_failure',
        message:
          'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
      });
    else if (declineOnSession) this.#fail(intent, declineOnSession);
    else this.#authorize(intent, { brand, last4, authorizationMs: WEEK_MS });
  }

  /** As Stripe leaves an intent after a refusal: without its card, which the error still names. */
  #fail(intent: PaymentIntent, error: { code: string; decline_code?: string; message: string }): void {
    const { card_behaviour: _, detached: __, ...payment_method } = this.method(String(intent.payment_method));
    Object.assign(intent, {
      status: 'requires_payment_method',
      next_action: null,
      last_payment_error: { type: 'card_error', ...error, payment_method },
      payment_method: null,
    });
    this.event('payment_intent.payment_failed', intent);
  }

  #authorize(intent: PaymentIntent, card: Pick<TestCard, 'brand' | 'last4' | 'authorizationMs'>): void {
    const charge = newCharge(intent, card, this.unix());
    this.charges.set(charge.id, charge);
    intent.latest_charge = charge.id;
    intent.amount_capturable = intent.amount;
    intent.status = 'requires_capture';
    Object.assign(intent, { last_payment_error: null, next_action: null });
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
    if (intent.status !== 'requires_capture' || !charge) unexpected(intent, 'capture');
    if (amount > intent.amount_capturable)
      refuse(400, {
        type: 'invalid_request_error',
        code: 'amount_too_large',
        message: 'More than authorized.',
        param: 'amount_to_capture',
      });
    intent.status = 'succeeded';
    intent.amount_received = amount;
    intent.amount_capturable = 0;
    if (charge) Object.assign(charge, { captured: true, amount_captured: amount });
    this.#time(intent).capturedAt = this.#world.nowIso();
    this.event('payment_intent.succeeded', intent);
    const { disputes } = this.methods.get(String(intent.payment_method))?.card_behaviour ?? {};
    if (disputes && charge) this.disputes.open(intent, charge, { inquiry: disputes === 'inquiry' });
  }

  /** The cardholder disputes what was captured. */
  dispute(intent: PaymentIntent, opening: DisputeOpening = {}): Dispute {
    const charge = this.#charge(intent);
    if (!charge?.captured) return unexpected(intent, 'dispute');
    return this.disputes.open(intent, charge, opening);
  }

  /** The network reports that the payment is probably fraud; no money moves. */
  warnOfFraud(intent: PaymentIntent): void {
    this.event('radar.early_fraud_warning.created', {
      id: newId('issfr'),
      object: 'radar.early_fraud_warning',
      actionable: true,
      charge: intent.latest_charge,
      fraud_type: 'unauthorized_use_of_card',
      payment_intent: intent.id,
    });
  }

  cancel(intent: PaymentIntent, reason: string | null): void {
    if (
      !['requires_payment_method', 'requires_capture', 'requires_confirmation', 'requires_action'].includes(
        intent.status,
      )
    )
      unexpected(intent, 'cancel');
    this.#close(intent, reason);
  }

  refund(intent: PaymentIntent, amount: number | undefined, body: Record<string, unknown>): Refund {
    const charge = this.#charge(intent);
    if (intent.status !== 'succeeded' || !charge) return unexpected(intent, 'refund');
    if (this.disputes.forbidRefund(intent.id))
      refuse(400, {
        type: 'invalid_request_error',
        code: 'charge_disputed',
        message: 'The charge has been disputed and can not be refunded.',
      });
    const left = intent.amount_received - charge.amount_refunded;
    if (left <= 0)
      refuse(400, {
        type: 'invalid_request_error',
        code: 'charge_already_refunded',
        message: 'Already refunded.',
      });
    if (amount !== undefined && amount > left)
      refuse(400, {
        type: 'invalid_request_error',
        message: `Refund amount (${amount}) is greater than unrefunded amount on charge (${left}).`,
        param: 'amount',
      });
    const { reason = null } = body as { reason?: string };
    const asked = { amount: amount ?? left, reason, metadata: checkMetadata(body.metadata) };
    const card = this.methods.get(String(intent.payment_method))?.card_behaviour;
    return this.refundDesk.create(intent, charge, asked, card?.refunds);
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
      next_action: null,
      canceled_at: this.unix(),
      cancellation_reason: reason,
    });
    this.#time(intent).canceledAt = this.#world.nowIso();
    this.event('payment_intent.canceled', intent);
  }
}
