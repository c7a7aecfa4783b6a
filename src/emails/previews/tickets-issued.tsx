import { TicketsIssued } from '../tickets-issued.tsx';
import { TICKETS_ISSUED } from './sample-data.ts';

export default function TicketsIssuedPreview() {
  return <TicketsIssued {...TICKETS_ISSUED} />;
}
