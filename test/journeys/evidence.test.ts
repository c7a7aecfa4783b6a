import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCommandPorts } from '../../src/app/commands.ts';
import { runCommand } from '../../src/commands/index.ts';
import { openDatabase } from '../../src/db/client/index.ts';
import { offerAsSent } from '../../src/db/search-payload.ts';
import { createAuditLog } from '../../src/db/stores/audit-log.ts';
import { verifyAuditLog } from '../../src/services/evidence/verify.ts';
import type { Client } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo } from '../support/ledger.ts';
import { fault } from '../support/vendor-errors.ts';

let harness: Harness;
let user: Client;
let booked: string;
let compensated: string;
beforeAll(async () => {
  harness = await createHarness();
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  user = await harness.user();
  booked = (await user.trip()).id;
  await user.reaches(booked, 'BOOKED');
  harness.sandbox.faults.add(
    fault({
      target: 'duffel.orders.create',
      fault: 'status',
      status: 422,
      body: {
        meta: { request_id: 'req_1', status: 422 },
        errors: [{ type: 'validation_error', code: 'invalid_passenger_name', title: '', message: '' }],
      },
    }),
  );
  compensated = (await user.trip()).id;
  await user.reaches(compensated, 'FAILED');
  await harness.stopWorkers();
});
afterAll(() => harness.stop());

const verify = async () => {
  const reader = openDatabase(harness.database.url, 'parker_worker', { max: 1 });
  try {
    return await verifyAuditLog(createAuditLog(reader));
  } finally {
    await reader.close();
  }
};

test('every hash, link and replay holds, and the digest says so again', async () => {
  const first = await verify();
  expect(first.problems).toEqual([]);
  expect(first.entries).toBeGreaterThan(12);
  expect((await verify()).digest).toBe(first.digest);
});

test('an entry written while the audit log is read is not reported as tampering', async () => {
  const user = await harness.user();
  const request = await user.tripRequest({ autoBook: false, consent: undefined, allowDuplicate: true });
  const made: string[] = [];
  let reading = true;
  const writing = (async () => {
    while (reading) {
      const { id } = await user.made('/api/trips', request);
      await user.call('PATCH', `/api/trips/${id}`, { maxPrice: { amount: '1.00', currency: 'GBP' } });
      made.push(id);
    }
  })();
  try {
    for (let round = 0; round < 15; round += 1) expect((await verify()).problems).toEqual([]);
  } finally {
    reading = false;
    await writing;
  }
  expect(made.length).toBeGreaterThan(5);
});

test('any column of any entry that is changed is found, and only until it is put back', async () => {
  const rows = await harness.database.query<Record<string, unknown>>(
    'select id, type from booking_audits order by id',
  );
  const tampered = [
    `type = type || 'x'`,
    `actor = 'user:somebody'`,
    `detail = detail || '{"code":"other"}'`,
    `flags = '{"auto_booking_disable_all": true}'`,
    `evidence = '{"chosen": null}'`,
    `state = jsonb_set(coalesce(state, '{}'), '{trip,status}', '"EXPIRED"')`,
    `at = at + interval '1 microsecond'`,
    `correlation_id = 'another'`,
    `attempt_id = gen_random_uuid()`,
    `hash = sha256('x')`,
    `prev_hash = sha256('x')`,
    `seq = seq + 1000`,
    `id = default`,
    `user_id = 'somebody else'`,
    `trip_id = gen_random_uuid()`,
    `chain = 'another'`,
  ];
  for (const [index, change] of tampered.entries()) {
    const { id } = rows[(index * 5) % rows.length] as { id: number };
    await harness.database.query('create table kept as select * from booking_audits where id = $1', [id]);
    await harness.database.query(`update booking_audits set ${change} where id = $1`, [id]);
    expect([change, (await verify()).problems.length > 0]).toEqual([change, true]);
    await harness.database.query(
      'delete from booking_audits where id = $1 or hash = (select hash from kept)',
      [id],
    );
    await harness.database.query('alter table booking_audits disable trigger booking_audits_chained');
    await harness.database.query('insert into booking_audits overriding system value select * from kept');
    await harness.database.query('alter table booking_audits enable trigger booking_audits_chained');
    await harness.database.query('drop table kept');
    expect([change, (await verify()).problems]).toEqual([change, []]);
  }
});

test('a missing entry, at the end too, and a state changed outside the audit log are found', async () => {
  const problems = async (change: string) => {
    const repair = change.startsWith('update') ? change.replace(/'FAILED'/, `'BOOKED'`) : null;
    await harness.database.query(change);
    const found = (await verify()).problems;
    if (repair) await harness.database.query(repair);
    return found;
  };
  expect(
    (await problems(`update trip_requests set auto_book_status = 'FAILED' where id = '${booked}'`)).join(),
  ).toContain('the trip is not as its audit log left it');
  expect((await verify()).problems).toEqual([]);
  await harness.database.query(
    `delete from booking_audits where (chain, seq) = (select chain, max(seq) from booking_audits where trip_id = $1 group by chain)`,
    [compensated],
  );
  expect((await verify()).problems.join()).toMatch(/ends at #\d+, its last entry was #\d+/);
  await harness.database.query('delete from booking_audits where trip_id = $1', [compensated]);
  expect((await verify()).problems).toEqual([`${compensated}: all of its entries are gone`]);
  const head = `select seq from audit_heads where chain = '${booked}'`;
  const [kept] = await harness.database.query<{ seq: number }>(head);
  await harness.database.query('update audit_heads set seq = seq - 1 where chain = $1', [booked]);
  expect((await verify()).problems.join()).toContain('its last entry was');
  await harness.database.query('update audit_heads set seq = $2 where chain = $1', [booked, kept?.seq]);
  await harness.database.query('delete from audit_heads where chain = $1', [compensated]);
});

test('the receipt lists every offer with its score and why, and where the money is', async () => {
  const { status, body } = await user.call('GET', `/api/trips/${booked}/receipt`);
  expect(status).toBe(200);
  expect(body.decisions.map((decision: { type: string }) => decision.type)).toEqual([
    'search.completed',
    'offer.selected',
  ]);
  const [, decisive] = body.decisions;
  expect(decisive.chosen).toBe(body.selectedOfferId);
  expect(decisive.flags.auto_booking_pipeline_enabled).toBe(true);
  for (const offer of decisive.offers)
    expect(offer.offerId === decisive.chosen || offer.objections.length > 0 || offer.score > 0).toBe(true);
  expect(decisive.offers.filter((offer: { objections: string[] }) => offer.objections.length)).not.toEqual(
    [],
  );
  expect(
    body.money.events.map((event: { kind: string; amount: string }) => [event.kind, event.amount]),
  ).toEqual([
    ['held', '399.00 GBP'],
    ['ticketed', '399.00 GBP'],
    ['charged', '399.00 GBP'],
  ]);
  expect(body.money.providers).toMatchObject({
    payment: { status: 'captured', amount: { amount: '399.00', currency: 'GBP' } },
    order: { status: 'confirmed' },
  });
});

test('a receipt that is read again and again asks each provider once, says how old the answer is, and keeps nothing in plain text', async () => {
  const asked = () =>
    ['duffel.orders.get', 'stripe.payment_intents.retrieve'].map((target) =>
      callsTo(harness.sandbox, target),
    );
  const read = async () => (await user.call('GET', `/api/trips/${booked}/receipt`)).body.money.providers;
  const { redis } = harness.web;
  const key = `${harness.config.QUEUE_PREFIX}:kept:receipt:${booked}:3`;
  // As after a day: what earlier tests read is forgotten.
  await redis.del(key);
  const unasked = asked();
  const first = await read();
  const before = asked();
  expect(before).toEqual(unasked.map((times) => times + 1));
  const views = await Promise.all(Array.from({ length: 40 }, read));
  for (const view of views) expect(view).toEqual(first);
  expect(asked()).toEqual(before);
  expect(Date.parse(first.checkedAt)).toBeLessThanOrEqual(Date.now());
  const kept = await redis.get(key);
  expect(kept).toBeTruthy();
  const parts = String(kept)
    .split('.')
    .map((part) => Buffer.from(part, 'base64'));
  const plain = Buffer.concat(parts).toString('latin1');
  expect(plain).not.toContain(first.order.bookingReference);
});

test('a receipt can be checked offline, and one that was touched is found out', async () => {
  const { body } = await user.call('GET', `/api/trips/${booked}/receipt`);
  const folder = await mkdtemp(join(tmpdir(), 'receipt-'));
  const check = async (receipt: unknown) => {
    const file = join(folder, `${randomBytes(4).toString('hex')}.json`);
    await writeFile(file, JSON.stringify(receipt));
    return runCommand(['verify', file], {}, openCommandPorts);
  };
  expect(await check(body)).toBe(0);
  const touched = structuredClone(body);
  touched.evidence.entries[3].canonical = touched.evidence.entries[3].canonical.replace('399.00', '399.01');
  expect(await check(touched)).toBe(1);
  const shortened = structuredClone(body);
  shortened.evidence.entries.splice(2, 1);
  expect(await check(shortened)).toBe(1);
  await rm(folder, { recursive: true });
});

test('an offer is kept as the provider sent it, once per search', async () => {
  const [row] = await harness.database.query<{ offer_id: string; sent: number; offers: number }>(
    `select offer_id, octet_length(payload) as sent, offer_count as offers
     from flight_offers o join searches s on s.id = o.search_id order by o.created_at limit 1`,
  );
  const reader = openDatabase(harness.database.url, 'parker_worker', { max: 1 });
  const sent = (await offerAsSent(reader.db, row?.offer_id ?? '')) as Record<string, unknown>;
  await reader.close();
  expect(sent).toMatchObject({ id: row?.offer_id, total_currency: 'GBP', slices: [expect.anything()] });
  // The offers of a search repeat each other: together they take a fifth of their room at most.
  expect(row?.offers).toBeGreaterThan(1);
  expect(row?.sent).toBeLessThan(((row?.offers ?? 0) * JSON.stringify(sent).length) / 5);
});

test('nobody else reads the receipt', async () => {
  const stranger = await harness.user();
  expect((await stranger.call('GET', `/api/trips/${booked}/receipt`)).status).toBe(404);
});
