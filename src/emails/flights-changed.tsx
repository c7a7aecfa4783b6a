import { Text } from 'react-email';
import type { Slice } from '../domain/offer.ts';
import { ComparedFlights } from './compared-flights.tsx';
import { Action, Layout, Part, paragraph, small } from './layout.tsx';

export interface FlightsChangedProps {
  readonly bookingReference: string;
  readonly airlineName: string;
  /** What the airline did and what the traveller may do. */
  readonly message: string;
  readonly before: readonly Slice[];
  readonly after: readonly Slice[];
  readonly canAccept: boolean;
  readonly supportAddress: string;
  readonly tripUrl: string;
  readonly correlationId: string | null;
}

/** The e-mail about a schedule change: old and new flights side by side, and what the traveller may do. */
export function FlightsChanged(props: FlightsChangedProps) {
  const { bookingReference, airlineName, message, before, after, canAccept } = props;
  const { supportAddress, tripUrl, correlationId } = props;
  return (
    <Layout
      preview={message}
      title="Your flights have changed"
      tone="warn"
      tripUrl={tripUrl}
      correlationId={correlationId}
    >
      <Text style={{ ...small, margin: '0 0 10px' }}>Booking reference {bookingReference}</Text>
      <Text style={paragraph}>{message} Nothing was charged or refunded.</Text>
      <ComparedFlights before={before} after={after} />
      <Action href={tripUrl}>{canAccept ? 'Accept or cancel' : 'See your trip'}</Action>
      <Text style={small}>
        The attached calendar files bring your calendar up to date; a flight that is no longer flown has a
        file of its own.
      </Text>
      <Part title="Questions">
        <Text style={{ ...paragraph, margin: 0 }}>
          About other flights: ask {airlineName} and give the reference {bookingReference}. About the booking
          or the payment: write to {supportAddress}.
        </Text>
      </Part>
    </Layout>
  );
}
