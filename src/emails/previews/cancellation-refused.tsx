import { TripUpdate } from '../trip-update.tsx';
import { tripUpdate } from './sample-data.ts';

export default function CancellationRefusedPreview() {
  return <TripUpdate {...tripUpdate('cancellation_refused')} />;
}
