import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { createDuffel } from '../../src/providers/duffel/index.ts';
import type { Quota } from '../../src/providers/duffel/quota.ts';
import { ADA, type OrderCase } from '../contracts/flights/seller-under-test.ts';
import { flightsContract, type SellerUnderTest } from '../contracts/flights.contract.ts';
import { answersWith, refusing, withReset } from '../support/duffel-faults.ts';
import { callsTo } from '../support/ledger.ts';
import { duffelError, fault } from '../support/vendor-errors.ts';

const CREATE = 'duffel.orders.create';
/** Far above what a stand-in on this machine takes, and short enough to wait for. */
const ORDER_TIMEOUT_MS = 600;
const LATE_ORDER_MS = 100;
/** Our name on the orders of the account. */
const DEPLOYMENT = 'parker.example';

/** As much of an order as the adapter reads. */
const ORDER = {
  id: 'ord_stated',
  booking_reference: 'ABC234',
  total_amount: '1.00',
  total_currency: 'GBP',
};

const on = (origin: string, destination: string) => ({ origin, destination });

/** Create-order answers with this error of Duffel's, whatever it is sent. */
const answers = (status: number, type: string, code: string): OrderCase => ({
  title: `${status} ${code}`,
  arrange: ({ faults }) => faults.add(duffelError(CREATE, status, type, code)),
});
const strikes = (title: string, given: Omit<Fault, 'target' | 'times' | 'after' | 'delayMs'>): OrderCase => ({
  title,
  arrange: ({ faults }) => faults.add(fault({ target: CREATE, ...given })),
});
const passengerWith = (title: string, changes: Partial<typeof ADA>): OrderCase => ({
  title,
  change: (request) => ({ ...request, passengers: [{ ...ADA, ...changes }] }),
});

const duffel: SellerUnderTest = {
  name: 'duffel',
  async start() {
    const sandbox = await startSandbox({ lateOrderMs: LATE_ORDER_MS, duffelRateLimit: 100_000 });
    const seller = createDuffel({
      token: 'duffel_test_sandbox',
      baseUrl: `${sandbox.url}/duffel`,
      orderTimeoutMs: ORDER_TIMEOUT_MS,
      webhookSecret: 'unused',
      deployment: DEPLOYMENT,
    });
    return { sandbox, seller, close: () => sandbox.close() };
  },
  routes: {
    sells: on('LHR', 'JFK'),
    hasNoOffers: on('PVD', 'RAI'),
    searchTimesOut: on('STN', 'LHR'),
    dearerAtEachRead: on('LHR', 'STN'),
    goneAtRead: on('LGW', 'LHR'),
    refundsElsewhere: on('LTN', 'SYD'),
  },
  missingOrderId: 'ord_missing',

  orderRefusals: {
    offer_gone: [
      {
        title: 'an offer that expires before the order',
        arrange: ({ duffel: { offers } }, { offerId }) => {
          const stored = offers.get(offerId);
          if (stored) stored.offer.expires_at = new Date(0).toISOString();
        },
      },
      answers(422, 'airline_error', 'offer_no_longer_available'),
    ],
    offer_request_used: [
      {
        title: 'another offer of the same request is booked',
        arrange: ({ duffel: { offers, orders } }, { offerId }) => {
          orders.bookedRequests.add(offers.get(offerId)?.requestId ?? '');
        },
      },
    ],
    price_changed: [
      {
        title: 'an offer that became dearer since it was read',
        change: (request) => ({
          ...request,
          offer: {
            ...request.offer,
            price: { ...request.offer.price, minor: request.offer.price.minor - 1 },
          },
        }),
      },
      {
        title: 'an offer in another currency since it was read',
        change: (request) => ({
          ...request,
          offer: { ...request.offer, price: { ...request.offer.price, currency: 'EUR' } },
        }),
      },
      answers(422, 'airline_error', 'price_changed'),
    ],
    passenger_data: [
      passengerWith('a name that is not Latin', { givenName: 'Иван' }),
      passengerWith('a title that airlines do not know', { title: 'lord' }),
      passengerWith('a phone number without its country', { phone: '0123' }),
      passengerWith('an e-mail address that is none', { email: 'ada' }),
      {
        title: 'two passengers with one name',
        arrange: ({ faults }) =>
          faults.add(duffelError(CREATE, 422, 'validation_error', 'duplicate_passenger_name')),
      },
      {
        title: 'passengers that the offer does not have',
        change: (request) => ({
          ...request,
          offer: { ...request.offer, passengers: [{ id: 'pas_other', type: 'adult', age: null }] },
        }),
      },
      answers(422, 'validation_error', 'invalid_email_address'),
      answers(422, 'validation_error', 'validation_format'),
    ],
    our_account: [
      { title: 'a balance that is too low', route: on('LGW', 'STN') },
      answers(422, 'invalid_state_error', 'payment_declined'),
    ],
    not_created: [
      answers(502, 'airline_error', 'order_not_created'),
      answers(503, 'api_error', 'service_unavailable'),
    ],
    refused: [answers(422, 'invalid_state_error', 'a_code_of_next_year')],
  },

  ordersUnknown: [
    { ...strikes('the answer is lost', { fault: 'lost_answer' }), orders: 1 },
    { ...strikes('the answer is truncated', { fault: 'truncated' }), orders: 1 },
    { ...strikes('the connection is reset', { fault: 'reset' }), orders: 0 },
    { ...strikes('no answer within the deadline', { fault: 'timeout' }), orders: 0 },
    { title: '200', route: on('LTN', 'STN'), orders: 1 },
    { title: '202, the order comes later', route: on('SEN', 'STN'), orders: 1 },
    { title: '202, the order never comes', route: on('LCY', 'STN'), orders: 0 },
    { ...strikes('201 without an order', { fault: 'status', status: 201, body: { data: {} } }), orders: 0 },
    ...[200, 202].map((status) => ({
      ...strikes(`${status} with an order in its body`, { fault: 'status', status, body: { data: ORDER } }),
      orders: 0 as const,
    })),
    {
      ...strikes("422 with a code of Duffel's, but without its envelope", {
        fault: 'status',
        status: 422,
        body: { errors: [{ code: 'offer_expired' }] },
      }),
      orders: 0,
    },
    { title: '502 airline_unknown', route: on('LHR', 'LGW'), orders: 0 },
    { ...answers(502, 'airline_error', 'airline_internal'), orders: 0 },
    { ...answers(500, 'api_error', 'internal_server_error'), orders: 0 },
    { ...answers(504, 'api_error', 'gateway_timeout_error'), orders: 0 },
    { ...answers(422, 'invalid_state_error', 'duplicate_booking'), orders: 0 },
    { ...answers(422, 'invalid_state_error', 'order_creation_already_attempted'), orders: 0 },
    {
      ...strikes("a proxy's 503", { fault: 'status', status: 503, body: { error: 'unavailable' } }),
      orders: 0,
    },
    { ...strikes("a proxy's 422", { fault: 'status', status: 422, body: '<html>' }), orders: 0 },
  ],

  orderTurnedAway: [
    { ...answers(429, 'rate_limit_error', 'rate_limit_exceeded'), maxWaitMs: 60_000 },
    {
      title: '429 whose window ends in 3 s',
      arrange: ({ faults }) => {
        const reset = new Date(Date.now() + 3_000).toUTCString();
        const headers = { 'ratelimit-reset': reset };
        faults.add(duffelError(CREATE, 429, 'rate_limit_error', 'rate_limit_exceeded', headers));
      },
      // The header has whole seconds.
      maxWaitMs: 4_000,
    },
    withReset('passed an hour ago', () => new Date(Date.now() - 3_600_000).toUTCString(), [60_000, 60_000]),
    withReset('is a year ahead', () => new Date(Date.now() + 3e10).toUTCString(), [60_000, 60_000]),
    withReset('is no date', () => 'soon', [1_000, 60_000]),
    withReset('is empty', () => '', [1_000, 60_000]),
  ],

  accountTroubles: [
    { title: '401 of a rotated key', refuse: refusing(401, 'authentication_error', 'expired_access_token') },
    {
      title: '403 of a missing permission',
      refuse: refusing(403, 'authentication_error', 'insufficient_permissions'),
    },
  ],
  unreadableSuccesses: [
    { title: '201 with the id alone', arrange: answersWith({ id: 'ord_stated' }) },
    { title: '201 with an amount that is none', arrange: answersWith({ ...ORDER, total_amount: '' }) },
    { title: '201 with a currency of another type', arrange: answersWith({ ...ORDER, total_currency: 7 }) },
  ],
  spoilOrder({ duffel: { orders } }, orderId, spoil) {
    const order = orders.find(orderId) as { booking_reference?: string; total_amount?: string | null };
    if (spoil === 'no_reference') delete order.booking_reference;
    else order.total_amount = null;
  },
  spoilOffer({ faults }) {
    faults.add(
      fault({
        target: 'duffel.offer_requests.create',
        fault: 'spoilt',
        body: { offers: { 0: { slices: null } } },
      }),
    );
  },
  renameMaker({ duffel: { orders } }, orderId, deployment) {
    const { deployment: _, ...metadata } = orders.find(orderId).metadata;
    orders.find(orderId).metadata = deployment ? { ...metadata, deployment } : metadata;
  },
  cancellationRefusals: {
    refused: ({ faults }) =>
      faults.add(
        duffelError('duffel.order_cancellations.create', 422, 'invalid_state_error', 'order_not_cancellable'),
      ),
  },
  failReads: {
    rateLimited: failReads((target) => duffelError(target, 429, 'rate_limit_error', 'rate_limit_exceeded')),
    serverError: failReads((target) => duffelError(target, 500, 'api_error', 'internal_server_error')),
    reset: failReads((target) => fault({ target, fault: 'reset' })),
    notJson: failReads((target) => fault({ target, fault: 'status', status: 502, body: '<html>' })),
  },
  setRefundable({ duffel: { offers } }, offerId, refundable) {
    const offer = offers.get(offerId)?.offer;
    if (!offer) throw new Error('no such offer');
    const fee = refundable ? '0.00' : null;
    offer.conditions.refund_before_departure =
      refundable === null ? null : { allowed: refundable, penalty_amount: fee, penalty_currency: 'GBP' };
  },
  hideRefund: ({ faults }) => {
    const quote = { id: 'ore_hidden', refund_amount: null, refund_currency: 'GBP', refund_to: 'balance' };
    const target = 'duffel.order_cancellations.create';
    faults.add(fault({ target, fault: 'status', status: 201, body: { data: quote } }));
  },
  changeOrder: ({ duffel: { orders, airline } }, orderId, move) =>
    airline.change(orders.find(orderId), move).id,
  cancelByAirline: ({ duffel: { orders, airline } }, orderId, refund) =>
    airline.cancel(orders.find(orderId), refund),
  loseAcceptance: ({ faults }) =>
    faults.add(fault({ target: 'duffel.airline_initiated_changes.accept', fault: 'lost_answer' })),
  orderCalls: (sandbox) => callsTo(sandbox, CREATE),
  ordersAtSeller: ({ duffel: { orders } }, offerId) =>
    [...orders.all.values()].filter(({ offer_id }) => offer_id === offerId).length,
  givenNames({ duffel: { offers, orders } }, orderId) {
    const order = orders.find(orderId);
    const names = new Map(
      order.passengers.map(({ id, ...one }) => [id, (one as { given_name?: string }).given_name]),
    );
    return (offers.get(order.offer_id)?.offer.passengers ?? []).map(({ id }) => names.get(id) ?? '');
  },
  copyOrder({ duffel: { orders } }, orderId, copies) {
    const order = orders.find(orderId);
    for (let made = 0; made < copies; made += 1) {
      const id = `ord_${randomUUID()}`;
      orders.all.set(id, { ...order, id });
    }
  },
};

/** Reads of offers and orders fail; searches do not. */
function failReads(failure: (target: string) => Fault) {
  return ({ faults }: Sandbox, times: number) => {
    for (const target of ['duffel.offers.get', 'duffel.orders.get'])
      faults.add({ ...failure(target), times });
  };
}

flightsContract(duffel);

test('Duffel: every answer states the quota, also one that is turned away', async () => {
  const sandbox = await startSandbox({ duffelRateLimit: 1 });
  const seen: Quota[] = [];
  const seller = createDuffel({
    token: 'duffel_test_sandbox',
    baseUrl: `${sandbox.url}/duffel/`,
    orderTimeoutMs: ORDER_TIMEOUT_MS,
    webhookSecret: 'unused',
    deployment: DEPLOYMENT,
    noteQuota: (quota) => seen.push(quota),
  });
  await seller.flights.ordersOf('off_any');
  await seller.flights.ordersOf('off_any').catch(() => undefined);
  await sandbox.close();
  expect(seen.map(({ limit, remaining }) => [limit, remaining])).toEqual([
    [1, 0],
    [1, 0],
  ]);
  for (const { resetAt } of seen) expect(resetAt).toBeGreaterThan(Date.now());
});
