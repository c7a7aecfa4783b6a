import type { World } from '../world.ts';
import { newId } from '../world.ts';
import type { Charge, Dispute, DisputeStatus, PaymentIntent } from './types.ts';

interface DisputesDeps {
  readonly world: World;
  readonly event: (type: string, object: object) => void;
}

/** How a dispute begins. */
export interface DisputeOpening {
  readonly inquiry?: boolean;
  readonly reason?: string;
  /** Milliseconds until the evidence is due; null: no response is possible. */
  readonly dueInMs?: number | null;
}

/** Stripe: 7 to 21 days, by network. */
const DUE_IN_MS = 9 * 24 * 3_600_000;
const OVER: readonly DisputeStatus[] = ['won', 'lost', 'warning_closed', 'prevented'];

/** Disputes and inquiries of cardholders. Each move is told by webhook, as Stripe tells it. */
export class Disputes {
  readonly all: Dispute[] = [];
  readonly #deps: DisputesDeps;

  constructor(deps: DisputesDeps) {
    this.#deps = deps;
  }

  open(intent: PaymentIntent, charge: Charge, opening: DisputeOpening = {}): Dispute {
    const { inquiry = false, reason = 'fraudulent', dueInMs = DUE_IN_MS } = opening;
    const now = Math.floor(this.#deps.world.now() / 1_000);
    const dispute: Dispute = {
      id: newId('du'),
      object: 'dispute',
      amount: charge.amount_captured,
      charge: charge.id,
      currency: intent.currency,
      created: now,
      evidence_details: {
        due_by: dueInMs === null ? 0 : now + Math.floor(dueInMs / 1_000),
        has_evidence: false,
        past_due: false,
        submission_count: 0,
      },
      // An inquiry takes no money, so what it asks about may still be refunded.
      is_charge_refundable: inquiry,
      metadata: {},
      payment_intent: intent.id,
      payment_method_details: { type: 'card', card: { case_type: inquiry ? 'inquiry' : 'chargeback' } },
      reason,
      status: inquiry ? 'warning_needs_response' : 'needs_response',
    };
    this.all.push(dispute);
    this.#deps.event('charge.dispute.created', dispute);
    if (!inquiry) this.#deps.event('charge.dispute.funds_withdrawn', dispute);
    return dispute;
  }

  /** An inquiry becomes a chargeback: no second `created`, and a new deadline. */
  escalate(dispute: Dispute): void {
    dispute.status = 'needs_response';
    dispute.is_charge_refundable = false;
    dispute.payment_method_details.card.case_type = 'chargeback';
    dispute.evidence_details.due_by = Math.floor((this.#deps.world.now() + DUE_IN_MS) / 1_000);
    this.#deps.event('charge.dispute.updated', dispute);
    this.#deps.event('charge.dispute.funds_withdrawn', dispute);
  }

  move(dispute: Dispute, status: DisputeStatus): void {
    dispute.status = status;
    const over = OVER.includes(status);
    if (status === 'won') this.#deps.event('charge.dispute.funds_reinstated', dispute);
    if (status === 'won' || status === 'warning_closed') dispute.is_charge_refundable = true;
    this.#deps.event(over ? 'charge.dispute.closed' : 'charge.dispute.updated', dispute);
  }

  /** Whether one of this payment's disputes forbids to refund it. */
  forbidRefund(intentId: string): boolean {
    return this.all.some((one) => one.payment_intent === intentId && !one.is_charge_refundable);
  }
}
