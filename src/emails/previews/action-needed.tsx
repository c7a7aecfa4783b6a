import { TripUpdate } from '../trip-update.tsx';
import { tripUpdate } from './sample-data.ts';

export default function ActionNeededPreview() {
  return <TripUpdate {...tripUpdate('action_needed')} />;
}
