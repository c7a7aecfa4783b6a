/** What a traveller is told by e-mail. */
export const NOTIFICATION_KINDS = [
  'booking_confirmed',
  'payment_failed',
  'booking_failed',
  'price_change',
  'action_needed',
  'booking_cancelled',
] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];
