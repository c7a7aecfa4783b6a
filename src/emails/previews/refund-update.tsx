import { TripUpdate } from '../trip-update.tsx';
import { tripUpdate } from './sample-data.ts';

export default function RefundUpdatePreview() {
  return <TripUpdate {...tripUpdate('refund_update')} />;
}
