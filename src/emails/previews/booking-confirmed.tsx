import { BookingConfirmed } from '../booking-confirmed.tsx';
import { BOOKING_CONFIRMED } from './sample-data.ts';

export default function BookingConfirmedPreview() {
  return <BookingConfirmed {...BOOKING_CONFIRMED} />;
}
