/** How a booking stands. REFUNDED: cancelled, and at least a part of the price went back to the card. */
export type BookingStatus = 'CONFIRMED' | 'CANCELLED' | 'REFUNDED';
