import type { World } from '../world.ts';
import { newId } from '../world.ts';
import type { RefundBehaviour } from './cards.ts';
import { refuse } from './errors.ts';
import type { Charge, PaymentIntent, Refund, RefundFailure } from './types.ts';

/** What our balance at Stripe does when a refund asks for money. */
export type Balance = 'enough' | 'refuses' | 'pends';

interface RefundsDeps {
  readonly world: World;
  readonly event: (type: string, object: object) => void;
  readonly madeAt: Map<string, number>;
  readonly chargeOf: (intentId: string) => Charge | undefined;
}

/** Refunds, from the request to the end: pending, succeeded, failed, and failed after they had succeeded. */
export class Refunds {
  readonly all: Refund[] = [];
  balance: Balance = 'enough';
  readonly #deps: RefundsDeps;

  constructor(deps: RefundsDeps) {
    this.#deps = deps;
  }

  /** @param behaviour of the card that was charged */
  create(
    intent: PaymentIntent,
    charge: Charge,
    body: { amount: number; reason: string | null; metadata: Record<string, string> },
    behaviour: RefundBehaviour | undefined,
  ): Refund {
    const { amount } = body;
    if (this.balance === 'refuses')
      refuse(400, {
        type: 'invalid_request_error',
        message_code: 'insufficient_balance_for_refund',
        message: 'Insufficient funds in your Stripe balance to refund this amount.',
      });
    const pends = this.balance === 'pends' || behaviour === 'pends' || behaviour === 'pends_then_fails';
    const refund: Refund = {
      id: newId('re'),
      object: 'refund',
      amount,
      charge: charge.id,
      currency: intent.currency,
      payment_intent: intent.id,
      reason: body.reason,
      status: pends ? 'pending' : 'succeeded',
      pending_reason: pends ? (this.balance === 'pends' ? 'insufficient_funds' : 'processing') : null,
      failure_reason: null,
      failure_balance_transaction: null,
      created: Math.floor(this.#deps.world.now() / 1_000),
      metadata: body.metadata,
    };
    this.all.push(refund);
    this.#deps.madeAt.set(refund.id, this.#deps.world.now());
    charge.amount_refunded += amount;
    charge.refunded = charge.amount_refunded >= charge.amount_captured;
    this.#deps.event('refund.created', refund);
    this.#deps.event('charge.refunded', charge);
    this.#goOn(refund, behaviour);
    return refund;
  }

  /** Moves a refund along; a final one that failed or was canceled moves no more. */
  move(refund: Refund, status: Refund['status'], failure: RefundFailure | null = null): void {
    if (refund.status === 'failed' || refund.status === 'canceled') return;
    const over = status === 'failed' || status === 'canceled';
    Object.assign(refund, {
      status,
      pending_reason: status === 'pending' ? 'processing' : null,
      failure_reason: over ? (failure ?? 'unknown') : null,
      failure_balance_transaction: over ? newId('txn') : null,
    });
    if (over) this.#backToBalance(refund);
    this.#deps.event('refund.updated', refund);
    if (status === 'failed') this.#deps.event('refund.failed', refund);
  }

  /** With enough money in the balance what waited for it goes out. */
  setBalance(balance: Balance): void {
    this.balance = balance;
    if (balance !== 'enough') return;
    for (const refund of this.all)
      if (refund.pending_reason === 'insufficient_funds') this.move(refund, 'succeeded');
  }

  /** What a test card's refunds do by themselves. Source: Stripe, "Testing", refunds. */
  #goOn(refund: Refund, behaviour: RefundBehaviour | undefined): void {
    if (!behaviour) return;
    const { world } = this.#deps;
    world.later(world.settings.refundMovesMs, () => {
      if (behaviour === 'pends') this.move(refund, 'succeeded');
      else this.move(refund, 'failed', 'expired_or_canceled_card');
    });
  }

  #backToBalance(refund: Refund): void {
    const charge = this.#deps.chargeOf(refund.payment_intent);
    if (!charge) return;
    charge.amount_refunded -= refund.amount;
    charge.refunded = false;
  }
}
