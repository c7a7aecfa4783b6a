/** The kinds of e-mail that travellers get. */
export const NOTIFICATION_KINDS = [
  'booking_confirmed',
  'payment_failed',
  'booking_failed',
  'price_change',
  'action_needed',
  'confirm_payment',
  'booking_cancelled',
  'cancellation_refused',
  'cancellation_delayed',
  'refund_update',
  'flights_changed',
  'airline_cancelled',
  'tickets_issued',
] as const;
/** The kind of one e-mail. */
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];
