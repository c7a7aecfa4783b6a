import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { adasTrip, visitor } from './support/ada.ts';
import { apiClient } from './support/api.ts';
import { inWords } from './support/follow.ts';
import { type Stack, startStack } from './support/stack.ts';
import { runStoppable } from './support/stoppable.ts';

/** `make demo`: the whole story on real processes. Exits 0 only if exactly one ticket and one charge came of it. */
const DEADLINE_MS = 45_000;

interface Trip {
  id: string;
  status: string;
  outcome: { code: string; message: string };
  booking?: {
    bookingReference: string;
    price: { amount: string; currency: string };
    ticketNumbers: string[];
  };
}
interface Entry {
  at: string;
  type: string;
  detail: Record<string, unknown>;
}
interface Ledger {
  paymentIntents: { status: string; amount: number; amountCaptured: number; currency: string }[];
  orders: { status: string; amount: string; bookingReference: string }[];
  emails: { subject: string }[];
}

const tell = (text: string) => console.log(text);

await runStoppable('demo', async (fail) => {
  const stack = await startStack({
    step: (step, note) => tell(`  ${styleText('green', '✓')} ${step.padEnd(16)}${styleText('dim', note)}`),
    broken: fail,
  });
  await tellTheStory(stack).catch((error: Error) => {
    throw new Error(`failed: ${error.message}`);
  });
  return 0;
});

async function tellTheStory(stack: Stack): Promise<void> {
  const api = apiClient(stack.appUrl, await stack.token({ sub: visitor(), email: 'ada@traveller.example' }));
  const sandbox = apiClient(stack.sandboxUrl);
  const fare = (amount: string) =>
    sandbox('POST', '/_sandbox/prices', { origin: 'LHR', destination: 'JFK', amount, currency: 'GBP' });

  tell('\nAda saves a card, and says who flies.');
  const request = { ...(await adasTrip(api)), criteria: { maxStops: 1 } };

  await fare('480.00');
  tell('The fare from London to New York is 480.00 GBP. She will pay 420.00 at most, and lets Parker buy.');
  const started = Date.now();
  const { id } = await api<Trip>('POST', '/api/trips', request, {
    'idempotency-key': 'demo-trip',
    'x-correlation-id': 'demo-story',
  });
  const read = () => api<Trip>('GET', `/api/trips/${id}`);
  const until = async (what: string, met: (trip: Trip) => boolean): Promise<Trip> => {
    for (;;) {
      const trip = await read();
      if (met(trip)) return trip;
      if (Date.now() - started > DEADLINE_MS || trip.status === 'FAILED')
        throw new Error(`waited for ${what}; the trip is ${trip.status}: ${trip.outcome.message}`);
      await sleep(100);
    }
  };

  const watched = await until('the first search', (trip) => trip.outcome.code === 'above_budget');
  tell(`Parker looks: ${watched.outcome.message}`);
  await fare('399.00');
  tell('The fare drops to 399.00 GBP.');
  const { booking } = await until('the booking', (trip) => trip.status === 'BOOKED');
  const seconds = ((Date.now() - started) / 1_000).toFixed(1);
  if (!booking) throw new Error('the trip is booked but shows no booking');
  let ledger = await sandbox<Ledger>('GET', '/_sandbox/ledger');
  for (let tries = 0; ledger.emails.length === 0 && tries < 100; tries += 1) {
    await sleep(100);
    ledger = await sandbox<Ledger>('GET', '/_sandbox/ledger');
  }
  const { data: timeline } = await api<{ data: Entry[] }>('GET', `/api/trips/${id}/timeline`);

  tell('\nThe timeline');
  for (const { at, type, detail } of timeline)
    tell(`  ${at.slice(11, 23)}  ${type.padEnd(20)} ${styleText('dim', inWords(detail))}`);
  tell('\nWhat truly happened, from the vendors');
  for (const intent of ledger.paymentIntents)
    tell(
      `  card    ${intent.status}, ${(intent.amountCaptured / 100).toFixed(2)} ${intent.currency.toUpperCase()} taken`,
    );
  for (const order of ledger.orders)
    tell(`  seat    ${order.status}, ${order.bookingReference}, ${order.amount}`);
  for (const email of ledger.emails) tell(`  e-mail  ${email.subject}`);
  if (process.env.DEMO_JSON)
    writeFileSync(
      process.env.DEMO_JSON,
      `${JSON.stringify({ trip: await read(), timeline, ledger }, null, 2)}\n`,
    );

  const captured = ledger.paymentIntents.filter((intent) => intent.amountCaptured > 0);
  const live = ledger.orders.filter((order) => order.status === 'confirmed');
  if (captured.length !== 1 || live.length !== 1 || ledger.emails.length !== 1)
    throw new Error(
      `expected one charge, one ticket, one mail; found ${captured.length}, ${live.length}, ${ledger.emails.length}`,
    );
  const { amount, currency } = booking.price;
  tell(`\ndemo: booked ${booking.bookingReference} for ${amount} ${currency} in ${seconds} s`);
}
