import { Button } from '@react-email/button';
import { Text } from '@react-email/text';
import type { NotificationKind } from '../domain/notification.ts';
import { ink, Layout, paragraph, small } from './layout.tsx';

export type NoticeKind = Exclude<NotificationKind, 'booking_confirmed'>;

export interface NoticeProps {
  readonly kind: NoticeKind;
  /** `LHR to JFK on 3 March 2027`. */
  readonly journey: string;
  /** What happened, in the words of the trip's outcome. */
  readonly message: string;
  readonly supportAddress: string;
  readonly tripUrl: string;
  readonly correlationId: string | null;
}

interface Wording {
  readonly title: string;
  readonly tone: 'good' | 'warn' | 'accent';
  /** What it means for the traveller's money and trip. */
  readonly meaning: string;
  readonly action: string;
}

export const WORDING: Record<NoticeKind, Wording> = {
  payment_failed: {
    title: 'Your card was not accepted',
    tone: 'warn',
    meaning: 'No ticket was bought and nothing is held on your card. The trip waits for another card.',
    action: 'Choose another card',
  },
  booking_failed: {
    title: 'We could not book your trip',
    tone: 'warn',
    meaning:
      'Nothing was charged. Any money that was reserved is released; your bank may take a few days to show it.',
    action: 'See what happened',
  },
  price_change: {
    title: 'The fare moved',
    tone: 'accent',
    meaning: 'Nothing was charged.',
    action: 'See the offers',
  },
  action_needed: {
    title: 'We need you for a moment',
    tone: 'warn',
    meaning:
      'No ticket was bought and nothing is held on your card. The trip goes on as soon as this is done.',
    action: 'Continue the trip',
  },
  booking_cancelled: {
    title: 'Your booking is cancelled',
    tone: 'accent',
    meaning:
      'What the fare gives back goes to the card you paid with; your bank may take a few days to show it.',
    action: 'See the details',
  },
};

/** Every mail that is not the itinerary: what happened, what it means for your money, what to do. */
export function Notice({ kind, journey, message, supportAddress, tripUrl, correlationId }: NoticeProps) {
  const { title, tone, meaning, action } = WORDING[kind];
  return (
    <Layout preview={message} title={title} tone={tone} tripUrl={tripUrl} correlationId={correlationId}>
      <Text style={{ ...small, margin: '0 0 10px' }}>{journey}</Text>
      <Text style={paragraph}>{message}</Text>
      <Text style={paragraph}>{meaning}</Text>
      <Button
        href={tripUrl}
        style={{
          backgroundColor: ink.accent,
          borderRadius: 8,
          color: '#ffffff',
          display: 'inline-block',
          fontSize: 15,
          fontWeight: 600,
          margin: '4px 0 16px',
          padding: '11px 18px',
        }}
      >
        {action}
      </Button>
      <Text style={{ ...small, margin: 0 }}>Questions? Write to {supportAddress}.</Text>
    </Layout>
  );
}
