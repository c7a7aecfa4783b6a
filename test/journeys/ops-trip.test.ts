import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openCommandPorts } from '../../src/app/commands.ts';
import { runCommand } from '../../src/commands/index.ts';
import type { OpsTripView } from '../../src/services/ops-trips/read.ts';
import { casesOf, unpaidTicket } from '../support/cases.ts';
import { type Client, inDays } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { fault } from '../support/vendor-errors.ts';

let harness: Harness;
let viewer: Client;
const said: string[] = [];
beforeAll(async () => {
  harness = await createHarness();
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  viewer = await harness.user('vera', { roles: ['viewer'] });
  for (const stream of ['log', 'error'] as const)
    vi.spyOn(console, stream).mockImplementation((line) => void said.push(String(line)));
});
afterAll(async () => {
  vi.restoreAllMocks();
  await harness.stop();
});
const { operator, ofTrip } = casesOf(() => harness);

const read = async (reference: string): Promise<OpsTripView> => {
  const { status, body } = await viewer.call('GET', `/api/ops/trips/${reference}`);
  expect([status, body.detail]).toEqual([200, undefined]);
  return body;
};

/** What `npx parker …` prints. */
async function parker(line: string, env: Record<string, string | undefined> = {}) {
  said.length = 0;
  const code = await runCommand(line.split(' '), { ...harness.env, ...env }, openCommandPorts);
  return { code, text: said.join('\n') };
}

const PII = { givenName: 'Adalbertine', familyName: 'Quixotina', email: 'adalbertine@private.example' };

test('a trip is found by whatever names it; the same at the terminal; no traveller may, and nobody’s name is in it', async () => {
  const user = await harness.user(undefined, { email: PII.email });
  const travelerIds = [await user.traveler({ ...PII, phone: '+442079460123' })];
  const { id } = await user.trip({ travelerIds });
  const { booking } = await user.reaches(id, 'BOOKED');
  const view = await read(id);
  const [money] = view.money;
  expect(view).toMatchObject({
    trip: { id, status: 'BOOKED' },
    booking: { orderId: booking?.orderId },
    money: [{ source: 'vendor', status: 'captured', captured: { amount: '399.00', currency: 'GBP' } }],
    orders: [{ source: 'vendor', status: 'live', orderId: booking?.orderId }],
    cases: [],
  });
  expect(view.timeline.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['trip.created', 'payment.captured', 'booking.confirmed']),
  );
  const names = [
    booking?.bookingReference ?? '',
    booking?.bookingReference.toLowerCase() ?? '',
    booking?.orderId ?? '',
    booking?.id ?? '',
    money?.paymentIntentId ?? '',
    money?.attemptId ?? '',
    view.trip.correlationId,
  ];
  for (const name of names) expect((await read(name)).trip.id).toBe(id);
  const { code, text } = await parker(`trip ${booking?.bookingReference}`);
  expect([code, text]).toEqual([0, expect.stringContaining(`trip ${id}  BOOKED`)]);
  expect(text).toMatch(/captured 399\.00 GBP, refunded 0\.00 GBP \(asked now\)/);
  for (const shown of [text, JSON.stringify(view)])
    for (const secret of [...Object.values(PII), '7946'])
      expect(shown.toLowerCase()).not.toContain(secret.toLowerCase());
  expect((await user.call('GET', `/api/ops/trips/${id}`)).status).toBe(403);
});

test('what nobody knows is 404 and exit 2; what several trips share names them', async () => {
  expect((await viewer.call('GET', '/api/ops/trips/QQQQQQ')).status).toBe(404);
  expect(await parker('trip QQQQQQ')).toEqual({
    code: 2,
    text: expect.stringMatching(/QQQQQQ names no trip/),
  });
  const user = await harness.user();
  const headers = { 'x-correlation-id': 'shared-by-two' };
  const request = await user.tripRequest({ autoBook: false, consent: undefined });
  const ids = await Promise.all(
    [inDays(40), inDays(80)].map(async (departureDate) => {
      const { body } = await user.call('POST', '/api/trips', { ...request, departureDate }, headers);
      return body.id as string;
    }),
  );
  const { status, body } = await viewer.call('GET', '/api/ops/trips/shared-by-two');
  expect(status).toBe(409);
  for (const id of ids) expect(body.detail).toContain(id);
  const [watched] = ids as [string];
  expect((await read(watched)).next).toContainEqual(
    expect.objectContaining({ job: 'search', what: expect.stringMatching(/searched/) }),
  );
});

test('with the vendors away the stored money is shown with its age, and what is unknown is not zero', async () => {
  const user = await harness.user();
  const { id } = await user.trip();
  await user.reaches(id, 'BOOKED');
  harness.sandbox.faults.add(
    fault({ target: 'stripe.payment_intents.retrieve', fault: 'status', status: 500, times: 99 }),
  );
  harness.sandbox.faults.add(fault({ target: 'duffel.orders.get', fault: 'status', status: 500, times: 99 }));
  const view = await read(id);
  expect(view.money).toMatchObject([
    {
      source: 'stored',
      captured: { amount: '399.00', currency: 'GBP' },
      trouble: expect.stringMatching(/does not answer/),
    },
  ]);
  expect(Date.now() - Date.parse(view.money[0]?.asOf ?? '')).toBeGreaterThanOrEqual(0);
  expect(view.orders).toMatchObject([{ source: 'stored', status: 'unknown' }]);
  harness.sandbox.faults.clear();
  await harness.database.query(
    `update booking_steps set outcome = null where step = 'capture' and attempt_id = $1`,
    [view.attempts[0]?.id],
  );
  const { text } = await parker(`trip ${id}`, { STRIPE_SECRET_KEY: '', DUFFEL_ACCESS_TOKEN: '' });
  expect(text).toMatch(/unknown, .*captured unknown, .*as stored \d+m ago: .* not set at this terminal/);
});

test('a trip that waits for a person says so, with the commands that end it', async () => {
  const { tripId } = await unpaidTicket(harness);
  const ada = await operator();
  const { id, allowed } = await ofTrip(ada, tripId);
  const { next, cases } = await read(tripId);
  expect(cases.map((one) => one.id)).toEqual([id]);
  expect(next[0]?.command).toContain(`npx parker case ${id} ${allowed[0]} --reason`);
  const { text } = await parker(`trip ${tripId}`);
  expect(text).toContain(`npx parker case ${id} ${allowed[0]} --reason`);
});
