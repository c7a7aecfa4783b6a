/** What operators are alerted of. Each kind has a row in docs/runbook-money.md that says what to do. */
export const ALERT_KINDS = [
  'account_trouble',
  'attempt_failed',
  'authorization_limit',
  'authorization_refused',
  'capture_refused',
  'dispute_closed',
  'flags_lost',
  'forgotten',
  'fraud_warning',
  'fuse_blown',
  'needs_human',
  'order_account_trouble',
  'order_refused',
  'order_released',
  'order_unconfirmed',
  'order_unknown',
  'orphan_hold',
  'orphan_order',
  'paid_before',
  'payment_disputed',
  'refund_failed',
  'stuck',
  'unrated_currency',
  'unreadable_authorization',
  'unreadable_order',
  'user_limit',
] as const;
/** The kind of one alert. */
export type AlertKind = (typeof ALERT_KINDS)[number];

/** Alerts of attempts that are compensated. */
export const COMPENSATION_ALERTS = [
  'attempt_failed',
  'authorization_limit',
  'authorization_refused',
  'capture_refused',
  'forgotten',
  'order_account_trouble',
  'order_refused',
  'order_released',
  'order_unconfirmed',
  'paid_before',
] as const satisfies readonly AlertKind[];
/** The kind of an alert of an attempt that is compensated. */
export type CompensationAlert = (typeof COMPENSATION_ALERTS)[number];

/** What ops read of such an attempt; the compensation's own message is the traveller's. */
const WORDS: Readonly<Record<CompensationAlert, string>> = {
  attempt_failed: 'A booking attempt failed and is compensated.',
  authorization_limit:
    'The authorizations of a trip or card came to nothing as often as the limits allow: the card is not tried until its window allows.',
  authorization_refused:
    'The payment provider refused an authorization for a reason that is not the card’s: the request is at fault, or our account.',
  capture_refused:
    'The payment provider refused the capture for good: the order is cancelled, and the trip failed.',
  forgotten: 'An authorization that our tables had forgotten was found, and is voided.',
  order_account_trouble:
    'The seller refused an order because of our account: balance, permission or payment.',
  order_refused: 'The seller refused an order for good, for a reason that no table of ours names.',
  order_released:
    'The traveller did not wait for an order of unknown outcome: its authorization is voided. A late ticket is cancelled if its fare allows.',
  order_unconfirmed:
    'An order of unknown outcome was not found until its wait was over: its authorization is voided. A late ticket becomes an orphan.',
  paid_before:
    'The card already has a payment for this trip that our tables do not know: nothing is bought until it is accounted for.',
};

/**
 * Which alert a compensation calls for. Versions before wrote `true`.
 * @param alert as it is stored with the attempt
 */
export const alertOf = (alert: CompensationAlert | true): { kind: CompensationAlert; message: string } => {
  const kind = alert === true ? 'attempt_failed' : alert;
  return { kind, message: WORDS[kind] };
};
