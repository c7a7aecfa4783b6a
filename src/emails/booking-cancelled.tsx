import { Column, Row, Text } from 'react-email';
import type { Slice } from '../domain/offer.ts';
import { Itinerary } from './itinerary.tsx';
import { Layout, Part, paragraph, small } from './layout.tsx';

export interface BookingCancelledProps {
  readonly bookingReference: string;
  readonly airlineName: string;
  readonly slices: readonly Slice[];
  /** Who asked and what comes back, in the words of the trip's outcome. */
  readonly message: string;
  /** Lines such as what was paid and what is refunded; amounts with their currency. */
  readonly payment: readonly { label: string; amount: string }[];
  /** `5 to 10 business days`; null when nothing is refunded. */
  readonly refundTakes: string | null;
  readonly card: string | null;
  readonly supportAddress: string;
  readonly tripUrl: string;
  readonly correlationId: string | null;
}

/** The e-mail about a cancelled booking: who asked, what is refunded and when, which flights are off. */
export function BookingCancelled(props: BookingCancelledProps) {
  const { bookingReference, airlineName, slices, message, payment, refundTakes, card } = props;
  const { supportAddress, tripUrl, correlationId } = props;
  return (
    <Layout
      preview={message}
      title="Your booking is cancelled"
      tone="accent"
      tripUrl={tripUrl}
      correlationId={correlationId}
    >
      <Text style={{ ...small, margin: '0 0 10px' }}>Booking reference {bookingReference}</Text>
      <Text style={paragraph}>{message} Your tickets are no longer valid.</Text>
      <Part title="Money">
        {payment.map(({ label, amount }) => (
          <Row key={label}>
            <Column>
              <Text style={{ ...paragraph, margin: '0 0 4px' }}>{label}</Text>
            </Column>
            <Column align="right">
              <Text style={{ ...paragraph, margin: '0 0 4px' }}>{amount}</Text>
            </Column>
          </Row>
        ))}
        {refundTakes && (
          <Text style={{ ...small, margin: '4px 0 10px' }}>
            Banks usually take {refundTakes} to show a refund{card && ` on ${card}`}. The trip's page says how
            far it is.
          </Text>
        )}
      </Part>
      <Itinerary slices={slices} heading="Cancelled" />
      <Text style={small}>
        If you added the flights to your calendar, open the attached files to remove them: one per flight.
      </Text>
      <Part title="Questions">
        <Text style={{ ...paragraph, margin: 0 }}>
          About the flight: ask {airlineName} and give the reference {bookingReference}. About the refund:
          write to {supportAddress}.
        </Text>
      </Part>
    </Layout>
  );
}
