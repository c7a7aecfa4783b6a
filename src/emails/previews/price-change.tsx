import { TripUpdate } from '../trip-update.tsx';
import { tripUpdate } from './sample-data.ts';

export default function PriceChangePreview() {
  return <TripUpdate {...tripUpdate('price_change')} />;
}
