import {
  allowedActions,
  type CaseAction,
  type CaseKind,
  loudnessOf,
  type OpenCase,
} from '../../domain/case.ts';
import { type DecimalMoney, formatMoney } from '../../domain/money.ts';

/** An amount; `unknown` is not zero. */
export type KnownMoney = DecimalMoney | 'unknown';

/** A case as ops read it. */
export interface CaseView {
  readonly id: string;
  readonly kind: CaseKind;
  readonly version: string;
  readonly code: string;
  readonly message: string;
  readonly step: string;
  readonly severity: 'notice' | 'warning' | 'critical';
  readonly money: {
    readonly reserved: KnownMoney;
    readonly captured: KnownMoney;
    readonly refunded: KnownMoney;
    readonly stake: KnownMoney;
  };
  readonly ticket: { readonly orderId: string; readonly reference: string | null } | 'none' | 'unknown';
  readonly deadline: string | null;
  readonly since: string;
  readonly ageMs: number;
  readonly tripId: string | null;
  readonly attemptId: string | null;
  readonly takenBy: string | null;
  readonly takenAt: string | null;
  readonly proposal: { readonly action: CaseAction; readonly by: string; readonly at: string } | null;
  readonly underWay: CaseAction | null;
  readonly allowed: readonly CaseAction[];
}

/** A case as ops read it now, with what may be decided. */
export function viewCase(one: OpenCase, now: Date): CaseView {
  const { money, proposal } = one;
  const amount = (minor: number | null): KnownMoney =>
    minor === null || money.currency === null ? 'unknown' : formatMoney({ minor, currency: money.currency });
  return {
    id: one.id,
    kind: one.kind,
    version: one.version,
    code: one.code,
    message: one.message,
    step: one.step,
    severity: loudnessOf(one, now).severity,
    money: {
      reserved: amount(money.reservedMinor),
      captured: amount(money.capturedMinor),
      refunded: amount(money.refundedMinor),
      stake: amount(money.stakeMinor),
    },
    ticket: ticketOf(one),
    deadline: one.deadline?.toISOString() ?? null,
    since: one.since.toISOString(),
    ageMs: now.getTime() - one.since.getTime(),
    tripId: one.tripId,
    attemptId: one.attemptId,
    takenBy: one.takenBy,
    takenAt: one.takenAt?.toISOString() ?? null,
    proposal:
      proposal?.version === one.version
        ? { action: proposal.action, by: proposal.by, at: proposal.at.toISOString() }
        : null,
    underWay: one.underWay,
    allowed: allowedActions(one),
  };
}

function ticketOf({ order, orderOutcome }: OpenCase): CaseView['ticket'] {
  if (order) return order;
  return orderOutcome === undefined || (orderOutcome !== null && orderOutcome !== 'unknown')
    ? 'none'
    : 'unknown';
}
