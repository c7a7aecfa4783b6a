import { TripUpdate } from '../trip-update.tsx';
import { tripUpdate } from './sample-data.ts';

export default function AirlineCancelledPreview() {
  return <TripUpdate {...tripUpdate('airline_cancelled')} />;
}
