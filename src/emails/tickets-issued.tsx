import { Text } from 'react-email';
import type { Slice } from '../domain/offer.ts';
import { Itinerary } from './itinerary.tsx';
import { Layout, Part, paragraph, small } from './layout.tsx';
import { type TicketedTraveller, Travellers } from './travellers.tsx';

export interface TicketsIssuedProps {
  readonly bookingReference: string;
  readonly slices: readonly Slice[];
  readonly travelers: readonly TicketedTraveller[];
  readonly supportAddress: string;
  readonly tripUrl: string;
  readonly correlationId: string | null;
}

/** The e-mail with ticket numbers that the airline issued after the confirmation. */
export function TicketsIssued(props: TicketsIssuedProps) {
  const { bookingReference, slices, travelers, supportAddress, tripUrl, correlationId } = props;
  return (
    <Layout
      preview={`Booking reference ${bookingReference}. The airline has issued your tickets.`}
      title="Your tickets are issued"
      tone="good"
      tripUrl={tripUrl}
      correlationId={correlationId}
    >
      <Text style={{ ...small, margin: '0 0 10px' }}>Booking reference {bookingReference}</Text>
      <Text style={paragraph}>
        The airline has issued your tickets. Nothing else has changed, and nothing more was charged.
      </Text>
      <Travellers travelers={travelers} />
      <Itinerary slices={slices} />
      <Part title="Questions">
        <Text style={{ ...paragraph, margin: 0 }}>
          At the airport your booking reference or the ticket number will do. About the booking: write to{' '}
          {supportAddress}.
        </Text>
      </Part>
    </Layout>
  );
}
