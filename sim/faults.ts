import type { Chance } from './chance.ts';

/** What may go wrong with one call to the outside. */
export type FaultKind =
  /** The worker dies: before the call leaves it, or before the answer reaches it. */
  | 'crash_before'
  | 'crash_after'
  /** The worker is stopped for longer than its claim lives, with the answer in its hands. */
  | 'pause'
  /** The database's connection breaks, before or after the commit. */
  | 'cut_before'
  | 'cut_after'
  /** The call never arrives; the caller can't know. */
  | 'reset'
  /** The effect is done, the answer lost. */
  | 'lost'
  | 'rate_limit'
  | 'server_error'
  /** The issuer says no; wants the traveller; says no to the capture for good. */
  | 'declined'
  | 'declined_untold'
  | 'declined_soon'
  | 'sca'
  | 'capture_refused'
  /** Duffel says no, with the code that an incident recorded. */
  | 'refused'
  | OrderFault;

/** Ways in which create-order goes wrong; see sim/vendors/spoil.ts for what Duffel answers then. */
export type OrderFault =
  | 'order_200'
  | 'order_202_soon'
  | 'order_202_hours'
  | 'order_202_days'
  | 'order_202_fails'
  | 'order_never'
  | 'order_twice'
  | 'order_stranger'
  | 'order_unreadable'
  | 'order_unreadable_hours'
  | 'order_5xx'
  | 'order_5xx_made'
  | 'order_proxy_502'
  | 'order_503'
  | 'order_not_created'
  | 'order_duplicate'
  | 'offer_expired'
  | 'price_changed'
  | 'insufficient_balance'
  | 'invalid_passenger';

const EVERYWHERE: readonly FaultKind[] = ['crash_before', 'crash_after', 'pause'];
const STORE: readonly FaultKind[] = [...EVERYWHERE, 'cut_before', 'cut_after'];
const READ: readonly FaultKind[] = [...EVERYWHERE, 'reset', 'rate_limit', 'server_error'];
const WRITE: readonly FaultKind[] = [...EVERYWHERE, 'reset', 'lost', 'rate_limit'];
const ORDER: readonly OrderFault[] = [
  'order_200',
  'order_202_soon',
  'order_202_hours',
  'order_202_days',
  'order_202_fails',
  'order_never',
  'order_twice',
  'order_stranger',
  'order_5xx',
  'order_5xx_made',
  'order_proxy_502',
  'order_503',
  'order_not_created',
  'order_duplicate',
  'offer_expired',
  'price_changed',
  'insufficient_balance',
  'invalid_passenger',
];
const VENDOR: Record<string, readonly FaultKind[]> = {
  'flights.createOrder': [...WRITE, ...ORDER],
  'flights.confirmCancellation': WRITE,
  'flights.acceptChange': WRITE,
  'payments.authorize': [...WRITE, 'declined', 'sca'],
  'payments.capture': [...WRITE, 'capture_refused'],
  'payments.void': WRITE,
  'payments.refund': WRITE,
};

/** The faults that a call of this name, such as `payments.capture`, may meet. */
export function faultsOf(call: string): readonly FaultKind[] {
  return VENDOR[call] ?? (/^(flights|payments)\./.test(call) ? READ : STORE);
}

/** In schedules only: random worlds draw these apart, in sim/surroundings/, so that older seeds keep their runs. */
const SCHEDULED: Record<string, readonly FaultKind[]> = {
  'flights.createOrder': ['order_unreadable', 'order_unreadable_hours'],
  'payments.authorize': ['declined_untold', 'declined_soon'],
};

/** The faults that a schedule may strike such a call with. */
export const scheduledFaultsOf = (call: string): readonly FaultKind[] => [
  ...faultsOf(call),
  ...(SCHEDULED[call] ?? []),
];

/** Strikes the call of that number, counted over the whole run. */
export interface Strike {
  readonly at: number;
  readonly kind: FaultKind;
}

/** A fault, with the code to fail with when that is known. */
export interface Struck {
  readonly kind: FaultKind;
  readonly code?: string;
}

/** Decides what goes wrong with a call made for this attempt, or for none. */
export type FaultSource = (call: string, number: number, attemptId: string | null) => Struck | null;

/** Each call may fail; `rate` is how often. */
export const atRandom =
  (chance: Chance, rate: number): FaultSource =>
  (call) =>
    chance.hits(rate) ? { kind: chance.pick(faultsOf(call) as [FaultKind, ...FaultKind[]]) } : null;

/** Exactly these calls fail. */
export function exactly(strikes: readonly Strike[]): FaultSource {
  const at = new Map(strikes.map((strike) => [strike.at, strike]));
  return (_call, number) => at.get(number) ?? null;
}
