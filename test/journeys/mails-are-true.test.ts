import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Duffel } from '../../sandbox/duffel/index.ts';
import type { Order } from '../../sandbox/duffel/types.ts';
import { NOTIFICATION_KINDS, type NotificationKind } from '../../src/domain/notification.ts';
import type { Client } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { ledgerOf, penalise } from '../support/ledger.ts';
import { mailTo } from '../support/mail.ts';
import { until } from '../support/until.ts';
import { duffelError } from '../support/vendor-errors.ts';

/** What each mail says of ticket and money is held against the vendors' own ledgers, for every kind and its endings. */

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness({ sandbox: { refundMovesMs: 300 } });
});
afterAll(() => harness.stop());

/** What is so, in minor units. */
interface Truth {
  readonly tickets: number;
  readonly reserved: number;
  readonly captured: number;
  /** Asked for at the bank, whatever it said. */
  readonly requested: number;
  readonly refunded: number;
  readonly failed: number;
}

function truthOf(tripId: string): Truth {
  const { orders, paymentIntents, refunds } = ledgerOf(harness.sandbox);
  const intents = paymentIntents.filter(({ metadata }) => metadata.trip_id === tripId);
  const own = refunds.filter(({ paymentIntent }) => intents.some(({ id }) => id === paymentIntent));
  const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0);
  const amounts = (...statuses: string[]) =>
    sum(own.filter(({ status }) => statuses.includes(String(status))).map(({ amount }) => amount));
  return {
    tickets: orders.filter(({ metadata, status }) => metadata.trip_id === tripId && status === 'confirmed')
      .length,
    reserved: sum(intents.filter(({ status }) => status === 'requires_capture').map(({ amount }) => amount)),
    captured: sum(intents.map(({ amountCaptured }) => amountCaptured)),
    requested: sum(own.map(({ amount }) => amount)),
    refunded: amounts('succeeded'),
    failed: amounts('failed', 'canceled'),
  };
}

const minor = (text = ''): number => Math.round(Number(text) * 100);

/** Every sentence about ticket or money that a mail may hold, and when it is true. */
const CLAIMS: readonly [says: RegExp, isSo: (truth: Truth, amount: number) => boolean][] = [
  [/No ticket was bought/, ({ tickets }) => tickets === 0],
  [/nothing is held on your card/, ({ reserved, captured }) => reserved === 0 && captured === 0],
  [/Nothing was charged\./, ({ captured }) => captured === 0],
  [/You pay nothing/, ({ reserved, captured, requested }) => reserved === 0 && captured === requested],
  [/Total ([\d.]+) GBP/, ({ captured, tickets }, amount) => tickets === 1 && captured === amount],
  [/your ticket is valid/, ({ tickets }) => tickets === 1],
  [
    /Nothing was charged or refunded/,
    ({ captured, requested, tickets }) => captured > 0 && requested === 0 && tickets === 1,
  ],
  [/tickets are no longer valid/, ({ tickets }) => tickets === 0],
  [/issued your tickets|seats are confirmed/, ({ tickets }) => tickets === 1],
  [/nothing was charged or refunded/, ({ captured, requested }) => captured > 0 && requested === 0],
  [/You cancelled this booking|ticket stays cancelled|ticket is cancelled/, ({ tickets }) => tickets === 0],
  [/A refund of ([\d.]+) GBP to your card was requested/, ({ requested }, amount) => requested === amount],
  [/nothing is refunded/, ({ requested }) => requested === 0],
  [/([\d.]+) GBP did not reach your card/, ({ failed }, amount) => failed >= amount],
  [/A refund of ([\d.]+) GBP to your card did not go through/, ({ failed }, amount) => failed >= amount],
];

/** What a mail must say of ticket or money, by its kind. */
const MUST_SAY: Record<NotificationKind, RegExp> = {
  booking_confirmed: /Total/,
  payment_failed: /No ticket was bought and nothing is held/,
  booking_failed: /You pay nothing/,
  price_change: /Nothing was charged/,
  action_needed: /No ticket was bought and nothing is held/,
  confirm_payment: /No ticket was bought yet, and nothing is held/,
  booking_cancelled: /refund/i,
  cancellation_refused: /your ticket is valid/,
  cancellation_delayed: /ticket/,
  refund_update: /ticket stays cancelled/,
  flights_changed: /Nothing was charged or refunded/,
  airline_cancelled: /tickets are no longer valid/,
  tickets_issued: /nothing more was charged/,
};

let users = 0;
async function traveller(): Promise<{ user: Client; email: string }> {
  users += 1;
  const email = `true-${users}@traveller.example`;
  return { user: await harness.user(undefined, { email }), email };
}

/** Waits for a mail of the kind, and holds each of its sentences against the truth of that moment. */
async function compareWithTruth(kind: NotificationKind, tripId: string, email: string): Promise<void> {
  const [sent] = await until(`a mail of kind ${kind}`, async () => {
    const rows = await harness.database.query<{ provider_id: string }>(
      `select provider_id from notifications where trip_id = $1 and kind = $2 and status = 'SENT'`,
      [tripId, kind],
    );
    return rows.length > 0 && rows;
  });
  const mail = mailTo(harness.sandbox, email).find(({ id }) => id === sent?.provider_id);
  const text = String(mail?.text).replaceAll(/\s+/g, ' ');
  expect([kind, text]).toEqual([kind, expect.stringMatching(MUST_SAY[kind])]);
  const truth = truthOf(tripId);
  const untrue = CLAIMS.filter(([says, isSo]) => {
    const said = says.exec(text);
    return said && !isSo(truth, minor(said[1]));
  }).map(([says]) => String(says));
  expect({ kind, text, truth, untrue }).toMatchObject({ untrue: [] });
}

const price = (refundable: boolean, amount = '399.00') =>
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount, currency: 'GBP', refundable });

async function booked(card?: string) {
  price(true);
  const { user, email } = await traveller();
  const { id: tripId } = await user.trip({}, card);
  const { booking } = await user.reaches(tripId, 'BOOKED');
  const cancel = (body = {}) => user.call('POST', `/api/bookings/${booking?.id}/cancel`, body);
  return { user, email, tripId, orderId: booking?.orderId ?? '', cancel };
}

type Play = () => Promise<{ tripId: string; email: string }>;
const ENDINGS: readonly [kind: NotificationKind, ending: string, play: Play][] = [
  ['booking_confirmed', 'a ticket', () => booked()],
  ...(['pm_card_chargeCustomerFail'] as const).map((card): [NotificationKind, string, Play] => [
    'payment_failed',
    'a declined card',
    () => ends('FAILED', card),
  ]),
  [
    'confirm_payment',
    'a bank that wants to be asked',
    () => ends('confirm_payment', 'pm_card_authenticationRequired'),
  ],
  [
    'action_needed',
    'passengers that the airline refuses',
    () => refusedOrder('validation_error', 'invalid_phone_number'),
  ],
  [
    'booking_failed',
    'an order that the airline refuses',
    () => refusedOrder('invalid_request_error', 'unheard_of'),
  ],
  [
    'price_change',
    'a fare that fits, to be booked by hand',
    async () => {
      price(true);
      const { user, email } = await traveller();
      return { tripId: (await user.trip({ autoBook: false, consent: undefined })).id, email };
    },
  ],
  ['booking_cancelled', 'a fare that gives all back', () => cancelled()],
  [
    'booking_cancelled',
    'a fare that keeps a part',
    async () => {
      const one = await booked();
      penalise(harness.sandbox, one.orderId);
      await one.cancel();
      return one;
    },
  ],
  [
    'cancellation_refused',
    'a fare that gives less than was accepted',
    async () => {
      const one = await booked();
      penalise(harness.sandbox, one.orderId);
      await one.cancel({ acceptRefund: { amount: '399.00', currency: 'GBP' } });
      return one;
    },
  ],
  ['cancellation_delayed', 'a refund that the bank does not take', () => cancelled('pm_card_refundFail')],
  [
    'refund_update',
    'a refund that fails after it had succeeded',
    async () => {
      const one = await cancelled();
      const { payments } = harness.sandbox.stripe;
      const refund = await until('the refund', async () => {
        const { status } = await one.user
          .call('GET', `/api/trips/${one.tripId}/booking`)
          .then(({ body }) => body);
        const own = (id: string) => payments.intents.get(id)?.metadata.trip_id === one.tripId;
        return status === 'REFUNDED' && payments.refunds.find((made) => own(made.payment_intent));
      });
      payments.refundDesk.move(refund, 'failed', 'expired_or_canceled_card');
      return one;
    },
  ],
  [
    'flights_changed',
    'a flight that the airline moved',
    () => byAirline(({ airline }, order) => airline.change(order)),
  ],
  [
    'airline_cancelled',
    'an order that the airline cancelled',
    () => byAirline(({ airline }, order) => airline.cancel(order, '399.00')),
  ],
  [
    'booking_cancelled',
    'an order that the airline cancelled',
    () => byAirline(({ airline }, order) => airline.cancel(order, '349.00')),
  ],
  [
    'tickets_issued',
    'tickets that the airline issued anew',
    () =>
      byAirline(({ orders }, order) => {
        order.documents = order.documents.map((one) => ({ ...one, unique_identifier: '125-1' }));
        orders.event('order.updated', { id: order.id }, order.id);
      }),
  ],
];

async function byAirline(act: (duffel: Duffel, order: Order) => void) {
  const one = await booked();
  const { duffel } = harness.sandbox;
  act(duffel, duffel.orders.find(one.orderId));
  return one;
}

async function ends(status: string, card?: string) {
  price(true);
  const { user, email } = await traveller();
  const { id: tripId } = await user.trip({}, card);
  await user.reaches(tripId, status);
  return { tripId, email };
}

function refusedOrder(type: string, code: string) {
  harness.sandbox.faults.add(duffelError('duffel.orders.create', 422, type, code));
  return ends('FAILED');
}

async function cancelled(card?: string) {
  const one = await booked(card);
  await one.cancel();
  return one;
}

test.each(ENDINGS)('%s after %s says what is so', async (kind, _ending, play) => {
  const { tripId, email } = await play();
  await compareWithTruth(kind, tripId, email);
  await harness.endWatching();
});

test('no kind of mail is left out', () => {
  expect([...new Set(ENDINGS.map(([kind]) => kind))].toSorted()).toEqual([...NOTIFICATION_KINDS].toSorted());
});

test('a mail that waited while its trip moved on is not sent: it would say what is no longer so', async () => {
  await harness.stopWorkers();
  await harness.startWorkers(['monitor', 'search', 'book']);
  price(true);
  const { user } = await traveller();
  const { id } = await user.trip({}, 'pm_card_chargeCustomerFail');
  await user.reaches(id, 'FAILED');
  expect((await user.call('PATCH', `/api/trips/${id}`, { paymentMethodId: await user.card() })).status).toBe(
    200,
  );
  await user.reaches(id, 'BOOKED');
  await harness.startWorkers(['notify']);
  const states = await until('both mails to be settled', async () => {
    const rows = await harness.database.query<{ kind: string; status: string; last_error: string | null }>(
      `select kind, status, last_error from notifications where trip_id = $1 order by kind`,
      [id],
    );
    return rows.every(({ status }) => status !== 'PENDING') && rows;
  });
  expect(states).toEqual([
    { kind: 'booking_confirmed', status: 'SENT', last_error: null },
    { kind: 'payment_failed', status: 'FAILED', last_error: 'overtaken' },
  ]);
});
