import { Text } from 'react-email';
import type { NotificationKind } from '../domain/notification.ts';
import { Action, Layout, paragraph, small } from './layout.tsx';

export type TripUpdateKind = Exclude<
  NotificationKind,
  'booking_confirmed' | 'booking_cancelled' | 'flights_changed' | 'tickets_issued'
>;

export interface TripUpdateProps {
  readonly kind: TripUpdateKind;
  /** `LHR to JFK on 3 March 2027`. */
  readonly journey: string;
  /** What happened, in the words of the trip's outcome. */
  readonly message: string;
  readonly supportAddress: string;
  readonly tripUrl: string;
  /** Where the button leads. */
  readonly actionUrl: string;
  readonly correlationId: string | null;
}

interface Wording {
  readonly title: string;
  readonly tone: 'good' | 'warn' | 'accent';
  /** What it means for the traveller's money and trip. */
  readonly meaning: string;
  readonly action: string;
}

/** Title, tone, meaning and button of each kind; the title is also the subject. */
export const WORDING: Record<TripUpdateKind, Wording> = {
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
      'You pay nothing: what was reserved is released, and what was charged is refunded. Your bank may take a few days to show it.',
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
    meaning: 'No ticket was bought and nothing is held on your card.',
    action: 'Continue the trip',
  },
  confirm_payment: {
    title: 'Confirm your payment',
    tone: 'accent',
    meaning:
      'No ticket was bought yet, and nothing is held on your card. Your bank asks you who you are, and then we buy the ticket. ' +
      'Only the amount above is reserved, and never more.',
    action: 'Confirm the payment',
  },
  cancellation_refused: {
    title: 'Your booking was not cancelled',
    tone: 'warn',
    meaning:
      'The booking stays as it is: your ticket is valid, and nothing was charged or refunded. You may ask again, here or at the airline.',
    action: 'See the booking',
  },
  cancellation_delayed: {
    title: 'Your cancellation takes longer',
    tone: 'warn',
    meaning: 'You need not ask again, and nothing more is charged. What the airline gives back is yours.',
    action: 'See how far it is',
  },
  airline_cancelled: {
    title: 'The airline cancelled your flights',
    tone: 'warn',
    meaning: 'Nothing more is charged to your card. Do not travel to the airport for these flights.',
    action: 'See how far it is',
  },
  refund_update: {
    title: 'About your refund',
    tone: 'accent',
    meaning:
      'The ticket stays cancelled, and nothing more is charged to your card. There is nothing you need to do.',
    action: 'See the details',
  },
};

/** Every e-mail without a journey: what happened, what it means for the traveller's money, what to do next. */
export function TripUpdate({
  kind,
  journey,
  message,
  supportAddress,
  tripUrl,
  actionUrl,
  correlationId,
}: TripUpdateProps) {
  const { title, tone, meaning, action } = WORDING[kind];
  return (
    <Layout preview={message} title={title} tone={tone} tripUrl={tripUrl} correlationId={correlationId}>
      <Text style={{ ...small, margin: '0 0 10px' }}>{journey}</Text>
      <Text style={paragraph}>{message}</Text>
      <Text style={paragraph}>{meaning}</Text>
      <Action href={actionUrl}>{action}</Action>
      <Text style={{ ...small, margin: 0 }}>Questions? Write to {supportAddress}.</Text>
    </Layout>
  );
}
