import { Column, Row, Text } from 'react-email';
import type { Slice } from '../domain/offer.ts';
import { Itinerary } from './itinerary.tsx';
import { ink, Layout, Part, paragraph, small } from './layout.tsx';
import { type TicketedTraveller, Travellers } from './travellers.tsx';

export interface BookingConfirmedProps {
  readonly bookingReference: string;
  readonly airlineName: string;
  readonly slices: readonly Slice[];
  readonly travelers: readonly TicketedTraveller[];
  /** Lines of the price, last the total; amounts with their currency. */
  readonly payment: readonly { label: string; amount: string }[];
  readonly card: string | null;
  readonly supportAddress: string;
  readonly tripUrl: string;
  readonly correlationId: string | null;
}

/** Airlines issue tickets in seconds or in hours; the seats are paid for and confirmed either way. */
const TICKETS = {
  all: 'Your ticket is issued.',
  later: 'Your seats are confirmed; the airline has still to issue the ticket, and we mail you its number.',
} as const;

/** The confirmation e-mail: reference, journey, tickets, payment, contacts. */
export function BookingConfirmed(props: BookingConfirmedProps) {
  const {
    bookingReference,
    airlineName,
    slices,
    travelers,
    payment,
    card,
    supportAddress,
    tripUrl,
    correlationId,
  } = props;
  const total = payment.at(-1);
  const issued = travelers.every(({ ticketNumber }) => ticketNumber) ? 'all' : 'later';
  return (
    <Layout
      preview={`Booking reference ${bookingReference}. ${TICKETS[issued]}`}
      title="You are booked"
      tone="good"
      tripUrl={tripUrl}
      correlationId={correlationId}
    >
      <Text style={{ ...small, margin: 0 }}>Booking reference</Text>
      <Text
        style={{
          color: ink.strong,
          fontSize: 30,
          fontWeight: 700,
          letterSpacing: 4,
          lineHeight: '36px',
          margin: '0 0 14px',
        }}
      >
        {bookingReference}
      </Text>
      <Text style={paragraph}>
        A fare fitted your wishes, so we bought it{total && ` for ${total.amount}`}. {TICKETS[issued]} The
        calendar file is attached.
      </Text>
      <Itinerary slices={slices} />
      <Travellers travelers={travelers} />
      <Part title="Payment">
        {payment.map(({ label, amount }) => {
          const weight = amount === total?.amount && label === total.label ? 700 : 400;
          return (
            <Row key={label}>
              <Column>
                <Text style={{ ...paragraph, fontWeight: weight, margin: '0 0 4px' }}>{label}</Text>
              </Column>
              <Column align="right">
                <Text style={{ ...paragraph, fontWeight: weight, margin: '0 0 4px' }}>{amount}</Text>
              </Column>
            </Row>
          );
        })}
        {card && <Text style={{ ...small, margin: '4px 0 10px' }}>Charged once, to {card}.</Text>}
      </Part>
      <Part title="Questions or changes">
        <Text style={{ ...paragraph, margin: 0 }}>
          About the flight, check-in or bags: ask {airlineName} and give the reference {bookingReference}.
          About the booking or the payment: write to {supportAddress}.
        </Text>
      </Part>
    </Layout>
  );
}
