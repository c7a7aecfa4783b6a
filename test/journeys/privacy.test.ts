import { zstdDecompressSync } from 'node:zlib';
import getPort from 'get-port';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createClient } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { mailArrives } from '../support/mail.ts';
import { type AppProcess, startRole } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { duffelError } from '../support/vendor-errors.ts';

/** Values that can be recognised wherever they turn up. */
const CANARY = {
  title: 'dr',
  givenName: 'Zanzibarella',
  familyName: 'Quetzalcoatl',
  bornOn: '1987-06-05',
  gender: 'f',
  email: 'canary.traveller@sanctuary.example',
  phone: '+447946095095',
  identityDocument: {
    type: 'passport',
    number: 'CANARY77PASS',
    issuingCountry: 'GB',
    expiresOn: '2099-01-01',
  },
  loyaltyAccounts: [{ airline: 'ZZ', number: 'CANARY77MILES' }],
};
const ACCOUNT = 'canary.account@sanctuary.example';
const SECRETS = [
  CANARY.givenName,
  CANARY.familyName,
  CANARY.bornOn,
  '19870605',
  CANARY.email,
  CANARY.phone,
  '7946095095',
  ACCOUNT,
  'sanctuary.example',
  'CANARY77',
];

let harness: Harness;
const processes: AppProcess[] = [];
beforeAll(async () => {
  harness = await createHarness({ queues: [] });
});
afterAll(async () => {
  for (const { child } of processes) child.kill('SIGKILL');
  await harness.stop();
});

const found = (text: string): string[] =>
  SECRETS.filter((secret) => text.toLowerCase().includes(secret.toLowerCase()));

async function everythingInPostgres(): Promise<string> {
  const tables = await harness.database.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  );
  // What sellers answered is compressed.
  const payloads = await harness.database.query<{ payload: Buffer }>(
    'select payload from searches where payload is not null',
  );
  const answers = payloads.map(({ payload }) => zstdDecompressSync(payload).toString());
  expect(answers.length).toBeGreaterThan(0);
  const dumps = await Promise.all(
    tables.map(async ({ name }) =>
      (await harness.database.query(`select t::text as row from ${name} t`)).map((row) => row.row),
    ),
  );
  return [...answers, ...dumps.flat()].join('\n');
}

async function everythingInRedis(): Promise<string> {
  const redis = new Redis(inject('redisUrl'));
  const parts: string[] = [];
  for (const key of await redis.keys(`*${harness.config.QUEUE_PREFIX}*`)) {
    const type = await redis.type(key);
    const readers: Record<string, () => Promise<unknown>> = {
      hash: () => redis.hgetall(key),
      list: () => redis.lrange(key, 0, -1),
      set: () => redis.smembers(key),
      zset: () => redis.zrange(key, '0', '-1'),
      stream: () => redis.xrange(key, '-', '+'),
      string: () => redis.get(key),
    };
    parts.push(String(key), JSON.stringify(await readers[type]?.()));
  }
  redis.disconnect();
  return parts.join('\n');
}

test('whoever flies is in no table, no job, no log and no error report', async () => {
  const { sandbox } = harness;
  const port = await getPort();
  const env = {
    ...harness.env,
    PORT: String(port),
    APP_URL: `http://127.0.0.1:${port}`,
    SENTRY_DSN: `${sandbox.url.replace('://', '://sandbox@')}/sentry/1`,
  };
  processes.push(await startRole('web', env), await startRole('worker', env));
  sandbox.world.settings.appUrl = env.APP_URL;
  for (const [origin, destination] of [
    ['LHR', 'JFK'],
    ['LHR', 'BOS'],
    ['LHR', 'SFO'],
    ['LHR', 'MIA'],
  ] as const)
    sandbox.duffel.prices.pin(origin, destination, { amount: '399.00', currency: 'GBP', refundable: true });
  sandbox.duffel.documentRoutes.set('LHR-JFK', ['passport']);
  const token = await sandbox.auth.token({ sub: 'canary', email: ACCOUNT });
  const user = createClient(env.APP_URL, 'canary', token);
  const canary = { travelerIds: [await user.traveler(CANARY)] };

  // Booked, cancelled with a refund, declined, refused by an airline that quotes the name, given up.
  const booked = await user.trip({ ...canary });
  await user.reaches(booked.id, 'BOOKED');
  sandbox.duffel.documentRoutes.clear();
  const mail = await mailArrives(sandbox, ACCOUNT, /^Booked/);
  expect(found(mail.html)).toContain(CANARY.givenName);
  await user.call('POST', `/api/bookings/${(await user.read(booked.id)).booking?.id}/cancel`);
  await mailArrives(sandbox, ACCOUNT, /^Cancelled/);
  const declined = await user.trip({ ...canary, destination: 'BOS' }, 'pm_card_chargeCustomerFail');
  await user.reaches(declined.id, 'FAILED');
  const quoting = duffelError('duffel.orders.create', 422, 'validation_error', 'invalid_passenger_name');
  Object.assign((quoting.body as { errors: object[] }).errors[0] ?? {}, {
    message: `${CANARY.givenName} ${CANARY.familyName} is not a name`,
  });
  sandbox.faults.add(quoting);
  const refused = await user.trip({ ...canary, destination: 'SFO' });
  await user.reaches(refused.id, 'FAILED');
  const lost = duffelError('duffel.orders.create', 500, 'api_error', 'internal_server_error');
  Object.assign((lost.body as { errors: object[] }).errors[0] ?? {}, { message: CANARY.email });
  sandbox.faults.add(lost);
  const unknown = await user.trip({ ...canary, destination: 'MIA' });
  await user.reaches(unknown.id, 'unconfirmed');
  await user.call('POST', `/api/trips/${unknown.id}/release`, { ticketMayStillTurnUp: true });
  await user.reaches(unknown.id, 'FAILED', 30_000);

  // Bad requests that carry it, in every place a request has.
  await user.call('POST', '/api/travelers', { ...CANARY, phone: CANARY.email });
  await user.call('GET', `/api/trips/${CANARY.givenName}?q=${CANARY.email}`, undefined, {
    'x-correlation-id': CANARY.familyName + CANARY.phone,
  });
  await user.call('POST', '/api/trips', `{"${CANARY.familyName}`);
  // A job somebody made by hand, longer ago than a deploy takes: refused, and told of without its content.
  const { book } = harness.web.publisher.queues;
  const job = await book.add('book', { attemptId: 'not-an-id' }, { jobId: 'made-by-hand', timestamp: 1 });
  const failed = await until('it to fail', async () => {
    const fresh = await book.getJob(job.id ?? '');
    return fresh?.failedReason ? fresh : null;
  });
  expect(failed.failedReason).toBe('unreadable_payload');
  await until('the error report', async () =>
    sandbox.intake.envelopes.some((envelope) => envelope.includes('unreadable_payload')),
  );

  const logs = processes.map((one) => one.output()).join('\n');
  expect(logs.length).toBeGreaterThan(5_000);
  expect({ postgres: found(await everythingInPostgres()) }).toEqual({ postgres: [] });
  expect({ redis: found(await everythingInRedis()) }).toEqual({ redis: [] });
  expect({ logs: found(logs) }).toEqual({ logs: [] });
  expect({ sentry: found(sandbox.intake.envelopes.join('\n')) }).toEqual({ sentry: [] });
  expect({ alerts: found(JSON.stringify(sandbox.intake.alerts)) }).toEqual({ alerts: [] });
}, 90_000);

test('one correlation id leads from the request to the mail', async () => {
  const { sandbox } = harness;
  const url = sandbox.world.settings.appUrl ?? '';
  const user = createClient(
    url,
    'tracer',
    await sandbox.auth.token({ sub: 'tracer', email: 'tracer@traveller.example' }),
  );
  const reply = await user.call('POST', '/api/trips', await user.tripRequest(), {
    'x-correlation-id': 'trace-me-42',
  });
  await user.reaches(reply.body.id, 'BOOKED');
  const mail = await mailArrives(sandbox, 'tracer@traveller.example', /^Booked/);
  expect(mail.headers['X-Correlation-Id']).toBe('trace-me-42');
  expect(mail.text).toContain('trace-me-42');
  await until('the last entry', async () =>
    (await user.timeline(reply.body.id)).some((entry) => entry.type === 'email.sent'),
  );
  const timeline = await user.timeline(reply.body.id);
  expect(new Set(timeline.map((entry) => entry.correlationId))).toEqual(new Set(['trace-me-42']));
  for (const { output } of processes) expect(output()).toContain('"correlationId":"trace-me-42"');
});
