import { TripUpdate } from '../trip-update.tsx';
import { tripUpdate } from './sample-data.ts';

export default function BookingFailedPreview() {
  return <TripUpdate {...tripUpdate('booking_failed')} />;
}
