import { BookingCancelled } from '../booking-cancelled.tsx';
import { BOOKING_CANCELLED } from './sample-data.ts';

export default function BookingCancelledPreview() {
  return <BookingCancelled {...BOOKING_CANCELLED} />;
}
