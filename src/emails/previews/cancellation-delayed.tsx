import { TripUpdate } from '../trip-update.tsx';
import { tripUpdate } from './sample-data.ts';

export default function CancellationDelayedPreview() {
  return <TripUpdate {...tripUpdate('cancellation_delayed')} />;
}
