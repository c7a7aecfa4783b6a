import { Column, Row, Text } from 'react-email';
import { Part, paragraph, small } from './layout.tsx';

/** A traveller with their ticket. */
export interface TicketedTraveller {
  readonly name: string;
  /** Null while the airline has not issued it. */
  readonly ticketNumber: string | null;
}

/** Who flies, each with the own ticket. */
export function Travellers({ travelers }: { travelers: readonly TicketedTraveller[] }) {
  return (
    <Part title="Travellers">
      {travelers.map(({ name, ticketNumber }) => (
        <Row key={name}>
          <Column>
            <Text style={{ ...paragraph, margin: '0 0 2px' }}>{name}</Text>
            <Text style={{ ...small, margin: '0 0 8px' }}>
              {ticketNumber ? `Ticket ${ticketNumber}` : 'Ticket number to follow'}
            </Text>
          </Column>
        </Row>
      ))}
    </Part>
  );
}
