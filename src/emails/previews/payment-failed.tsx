import { TripUpdate } from '../trip-update.tsx';
import { tripUpdate } from './sample-data.ts';

export default function PaymentFailedPreview() {
  return <TripUpdate {...tripUpdate('payment_failed')} />;
}
