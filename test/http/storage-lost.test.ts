import { Stripe } from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADA } from '../../scripts/support/ada.ts';
import { type Client, createClient, type Reply } from '../support/client.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { startProxy, type TcpProxy } from '../support/proxy.ts';
import { until } from '../support/until.ts';

/* A web process whose database goes away behind its back. */
let database: TestDatabase;
let proxy: TcpProxy;
let harness: Harness;
let user: Client;
let trip: Record<string, unknown>;
beforeAll(async () => {
  database = await createDatabase();
  proxy = await startProxy(database.url);
  harness = await createHarness({ queues: [], env: { DATABASE_URL: proxy.url } });
  user = await harness.user('anybody', { roles: ['admin'] });
  trip = await user.tripRequest();
});
afterAll(async () => {
  await proxy.fail(null);
  await harness.stop();
  await proxy.close();
  await database.drop();
});

/** Input that is taken, where a route wants some. */
function bodyOf(method: string, path: string): unknown {
  const bodies: Record<string, unknown> = {
    'POST /api/trips': trip,
    'PATCH /api/trips/{id}': { maxPrice: { amount: '1.00', currency: 'GBP' } },
    'POST /api/trips/{id}/book': { offerId: 'off_1' },
    'POST /api/trips/{id}/release': { ticketMayStillTurnUp: true },
    'POST /api/travelers': ADA,
    'POST /api/payment-methods': { paymentMethodId: 'pm_card_visa' },
  };
  return bodies[`${method} ${path}`];
}

async function everyRoute(): Promise<[route: string, reply: Reply][]> {
  const { body } = await user.call('GET', '/openapi.json');
  const routes = Object.entries(body.paths as Record<string, object>).flatMap(([path, item]) =>
    Object.keys(item).map((method): [string, string] => [method.toUpperCase(), path]),
  );
  return Promise.all(
    routes.map(async ([method, path]): Promise<[string, Reply]> => {
      const known = path.replace(/\{\w+\}/g, crypto.randomUUID());
      const reply = await user.call(
        method,
        known,
        method === 'GET' ? undefined : (bodyOf(method, path) ?? {}),
      );
      return [`${method} ${path}`, reply];
    }),
  );
}

test.each(['refusing', 'cutting'] as const)(
  'with a database that is %s every route is 503 with Retry-After, and all is well once it is back',
  async (fault) => {
    await proxy.fail(fault);
    const replies = await everyRoute();
    const unavailable = replies.filter(([, { status }]) => status === 503);
    for (const [route, { headers, body }] of unavailable) {
      expect([route, headers.get('retry-after')]).toEqual([route, '5']);
      expect([route, body.detail]).toEqual([route, expect.stringMatching(/^The database does not answer/)]);
    }
    // What is left was refused before the database was asked: the input of these routes is made up.
    const others = replies.filter(([, { status }]) => status !== 503);
    expect(
      others.filter(([, { status }]) => status !== 422).map(([route, { status }]) => [route, status]),
    ).toEqual([]);
    expect(others.length).toBeLessThan(unavailable.length / 2);
    for (const route of ['GET /api/trips', 'POST /api/trips', 'POST /api/travelers', 'GET /api/ops/cases'])
      expect(unavailable.map(([one]) => one)).toContain(route);

    const event = JSON.stringify({ id: 'evt_1', type: 'charge.refunded', data: { object: {} } });
    const secret = harness.env.STRIPE_WEBHOOK_SECRET as string;
    const signature = Stripe.webhooks.generateTestHeaderString({ payload: event, secret });
    const headers = { 'stripe-signature': signature };
    const webhook = await createClient(harness.url, 'stripe', null).call(
      'POST',
      '/api/webhooks/stripe',
      event,
      headers,
    );
    // The vendor repeats what was not taken.
    expect(webhook.status).toBe(503);

    await proxy.fail(null);
    await until(
      'the database to be used again',
      async () => (await user.call('GET', '/api/trips')).status === 200,
    );
    const after = await everyRoute();
    expect(
      after.filter(([, { status }]) => status >= 500).map(([route, { status }]) => [route, status]),
    ).toEqual([]);
  },
);
