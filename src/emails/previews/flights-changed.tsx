import { FlightsChanged } from '../flights-changed.tsx';
import { FLIGHTS_CHANGED } from './sample-data.ts';

export default function FlightsChangedPreview() {
  return <FlightsChanged {...FLIGHTS_CHANGED} />;
}
