/** What kind of row waits for a person. */
export const CASE_KINDS = ['attempt', 'cancellation', 'orphan', 'refund', 'dispute'] as const;
/** The kind of one case. */
export type CaseKind = (typeof CASE_KINDS)[number];

/** What a person may decide about a case. */
export const CASE_ACTIONS = [
  'adopt',
  'capture',
  'release',
  'refund',
  'cancel-order',
  'retry',
  'close',
] as const;
/** One decision. */
export type CaseAction = (typeof CASE_ACTIONS)[number];

/** What a person states with an action. */
export interface CaseStatement {
  /** Which order is meant, by the seller's id. */
  readonly orderId?: string | undefined;
  /** What the traveller gets back in all, in minor units of what was paid. */
  readonly amountMinor?: number | undefined;
  /** There is certainly no order, as the airline told the person. */
  readonly noOrder?: boolean | undefined;
  /** Not all of the money comes back from the airline, or a dispute is lost by silence, and that is accepted. */
  readonly acceptLoss?: boolean | undefined;
  /** The traveller got the money in another way. */
  readonly paidElsewhere?: boolean | undefined;
}

/** What a person accepted for an attempt. The attempt's steps go by it. */
export interface CaseTerms {
  /** The order is cancelled though less comes back than it cost; `refundMinor` is the least that was accepted. */
  readonly acceptsLoss?: { readonly refundMinor: number };
  /** The money is captured though the authorization is about to lapse. */
  readonly capturesLate?: true;
}

/** Money of a case in minor units; null is unknown, not zero. */
export interface CaseMoney {
  readonly currency: string | null;
  readonly reservedMinor: number | null;
  readonly capturedMinor: number | null;
  readonly refundedMinor: number | null;
  /** What the case is about: the price, the refund, the dispute. */
  readonly stakeMinor: number | null;
  /** Of a refund's case: what the traveller must get back of the payment in all. Null elsewhere, and while unknown. */
  readonly owedMinor: number | null;
  /** Of cancellations and refunds: what a person stated to have paid in another way. 0 elsewhere. */
  readonly paidElsewhereMinor: number;
}

/** An action that one person proposed and a second must confirm. */
export interface CaseProposal {
  readonly by: string;
  readonly at: Date;
  readonly version: string;
  readonly action: CaseAction;
  readonly statement: CaseStatement;
}

/** A situation that waits for a person, as our tables know it. */
export interface OpenCase {
  /** The id of the row that waits. */
  readonly id: string;
  readonly kind: CaseKind;
  /** Changes with everything that a decision depends on. */
  readonly version: string;
  /** Why a person is needed. */
  readonly code: string;
  readonly message: string;
  /** The step at which a saga waits; an orphan's kind; a refund's or dispute's status. */
  readonly step: string;
  readonly since: Date;
  /** When the decision is taken out of our hands: the authorization lapses, or evidence is due. */
  readonly deadline: Date | null;
  readonly tripId: string | null;
  readonly userId: string | null;
  readonly attemptId: string | null;
  readonly correlationId: string | null;
  readonly order: { readonly orderId: string; readonly reference: string | null } | null;
  /** What came of the order call: undefined when none was made, null or `unknown` while that is unknown. */
  readonly orderOutcome: string | null | undefined;
  readonly offerId: string | null;
  readonly paymentIntentId: string | null;
  /** The payment provider's id of the refund or the dispute. */
  readonly providerId: string | null;
  /** Of a cancellation: the seller was told to cancel the order and did not refuse. False elsewhere. */
  readonly cancelRequested: boolean;
  /** The traveller had cancelled the trip before a person was needed. */
  readonly cancelledByTraveller: boolean;
  readonly money: CaseMoney;
  readonly takenBy: string | null;
  readonly takenAt: Date | null;
  readonly proposal: CaseProposal | null;
  /** An action that is being carried out. */
  readonly underWay: CaseAction | null;
}

/** How long an attempt may look up its order before it is a case, in ms: longer than almost every airline takes. */
export const ORDER_CASE_AFTER_MS = 15 * 60_000;

/** Whether the order call may have made an order that was not found. */
export const orderIsUnclear = ({ order, orderOutcome }: OpenCase): boolean =>
  order === null && (orderOutcome === null || orderOutcome === 'unknown');

/** Whether there was ever an order call. */
const orderWasAsked = ({ order, orderOutcome }: OpenCase): boolean =>
  order !== null || (orderOutcome !== undefined && orderOutcome !== 'not_attempted');

/** What may be decided now, by what our tables know. The vendors are asked before anything is done. */
export function allowedActions(one: OpenCase): readonly CaseAction[] {
  if (one.underWay) return [];
  switch (one.kind) {
    case 'attempt':
      return CASE_ACTIONS.filter((action) => attemptAllows(one, action));
    case 'cancellation':
      return ['retry', 'refund', 'close'];
    case 'orphan':
      return one.step === 'order' ? ['cancel-order', 'close'] : ['release', 'close'];
    case 'refund':
      return ['refund', 'close'];
    case 'dispute':
      return ['close'];
  }
}

function attemptAllows(one: OpenCase, action: CaseAction): boolean {
  const { capturedMinor } = one.money;
  switch (action) {
    case 'adopt':
      return one.offerId !== null && one.paymentIntentId !== null && orderWasAsked(one);
    case 'capture':
      return one.order !== null && one.paymentIntentId !== null;
    case 'release':
      return capturedMinor === 0 || capturedMinor === null;
    case 'refund':
      return one.paymentIntentId !== null && capturedMinor !== 0;
    case 'cancel-order':
      return orderWasAsked(one);
    case 'retry':
      return false;
    case 'close':
      return true;
  }
}

const HOUR = 3_600_000;

/** How loudly and how often a case is alerted. */
export interface Loudness {
  readonly severity: 'notice' | 'warning' | 'critical';
  /** Milliseconds between two alerts. */
  readonly everyMs: number;
}

/** By the time left to the deadline: an authorization is worth nothing once it lapsed, and a dispute is lost by silence. */
const LOUDER: readonly (Loudness & { readonly withinMs: number })[] = [
  { withinMs: 6 * HOUR, severity: 'critical', everyMs: HOUR / 12 },
  { withinMs: 24 * HOUR, severity: 'critical', everyMs: HOUR / 4 },
  { withinMs: 48 * HOUR, severity: 'warning', everyMs: HOUR },
];
const CALM: Loudness = { severity: 'notice', everyMs: 4 * HOUR };

/** How loud a case is now. */
export function loudnessOf({ deadline }: Pick<OpenCase, 'deadline'>, now: Date): Loudness {
  if (!deadline) return CALM;
  const left = deadline.getTime() - now.getTime();
  return LOUDER.find(({ withinMs }) => left <= withinMs) ?? CALM;
}

/** The case whose deadline is nearest comes first; those without a deadline come last, the oldest of them first. */
export function byUrgency(a: OpenCase, b: OpenCase): number {
  const left = ({ deadline }: OpenCase) => deadline?.getTime() ?? Number.POSITIVE_INFINITY;
  return left(a) === left(b) ? a.since.getTime() - b.since.getTime() : left(a) - left(b);
}
