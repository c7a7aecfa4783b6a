/** The timeline of a trip whose first search fits, up to its booking; the mail follows. */
export const BOOKED_TIMELINE = [
  'trip.created',
  'search.completed',
  'booking.started',
  'offer.selected',
  'payment.authorized',
  'order.created',
  'payment.captured',
  'booking.confirmed',
];
