import { TripUpdate } from '../trip-update.tsx';
import { tripUpdate } from './sample-data.ts';

export default function ConfirmPaymentPreview() {
  return <TripUpdate {...tripUpdate('confirm_payment')} />;
}
