import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asUser, openDatabase } from '../../src/db/client/index.ts';
import type { Client } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';

/** Tables that belong to a user; each must hide its rows from everybody else. */
const USER_TABLES = [
  'users',
  'travelers',
  'payment_methods',
  'trip_requests',
  'booking_attempts',
  'booking_steps',
  'flight_bookings',
  'booking_audits',
  'cancellations',
  'refunds',
  'disputes',
  'fuse_charges',
  'cancellation_quotes',
  'order_changes',
  'notifications',
  'idempotency_keys',
] as const;

/** The id of nothing at all. */
const NOBODYS = '00000000-0000-4000-8000-000000000000';

let harness: Harness;
let [owner, stranger]: Client[] = [];
let owned: { trip: string; booking: string; traveler: string; card: string; offer: string };
beforeAll(async () => {
  harness = await createHarness();
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  [owner, stranger] = [await harness.user('owner'), await harness.user('stranger')];
  const request = await owner!.tripRequest();
  const { id: trip } = await owner!.made('/api/trips', request, { 'idempotency-key': 'owners-key' });
  const booked = await owner!.reaches(trip, 'BOOKED');
  const offers = await owner!.call('GET', `/api/trips/${trip}/offers`);
  owned = {
    trip,
    booking: booked.booking?.id ?? '',
    traveler: request.travelerIds[0] as string,
    card: request.paymentMethodId,
    offer: offers.body.data[0].offerId,
  };
  // The stranger exists too, with something of their own on the same route.
  await stranger!.made('/api/trips', await stranger!.tripRequest({ autoBook: false, consent: undefined }));
});
afterAll(() => harness.stop());

describe('over HTTP', () => {
  const idOf = (path: string): string => {
    if (path.startsWith('/api/travelers')) return owned.traveler;
    if (path.startsWith('/api/payment-methods')) return owned.card;
    return path.startsWith('/api/bookings') ? owned.booking : owned.trip;
  };
  const bodyOf = (path: string) => {
    if (path.endsWith('/book')) return { offerId: owned.offer };
    if (path === '/api/travelers/{id}') return { familyName: 'Byron' };
    if (path.endsWith('/release')) return { ticketMayStillTurnUp: true };
    return path === '/api/trips/{id}' ? { maxPrice: { amount: '1.00', currency: 'GBP' } } : undefined;
  };
  const routes = async (): Promise<[method: string, path: string][]> => {
    const { body } = await owner!.call('GET', '/openapi.json');
    return Object.entries(body.paths as Record<string, object>).flatMap(([path, item]) =>
      Object.keys(item).map((method): [string, string] => [method.toUpperCase(), path]),
    );
  };

  test('a token is believed until it expires, and not a request longer', async () => {
    const token = await harness.sandbox.auth.token({ sub: 'brief', expiresInSeconds: 3 });
    const status = async () =>
      (await fetch(`${harness.url}/api/trips`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await status()).toBe(200);
    const expiresAt = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).exp * 1_000;
    // Asked again and again, so that it would be believed if being asked were enough.
    while (Date.now() < expiresAt) await status();
    expect(await status()).toBe(401);
  });

  test('every route of the document answers 401 without a token, and with a bad one', async () => {
    const all = await routes();
    expect(all.length).toBeGreaterThan(20);
    for (const [method, path] of all)
      for (const authorization of [undefined, 'Bearer nonsense', `Bearer ${owner!.token}x`]) {
        const response = await fetch(harness.url + path.replace('{id}', owned.trip), {
          method,
          headers: authorization ? { authorization } : {},
        });
        expect([method, path, response.status]).toEqual([method, path, 401]);
        expect(response.headers.get('content-type')).toMatch(/problem\+json/);
      }
  });

  test('every route that names a thing answers 404 to a stranger, and nothing changes', async () => {
    const before = await owner!.read(owned.trip);
    for (const [method, path] of (await routes()).filter(([, path]) => path.includes('{id}'))) {
      const reply = await stranger!.call(
        method,
        path.replace('{id}', idOf(path)).replace('{changeId}', NOBODYS),
        method === 'GET' ? undefined : bodyOf(path),
      );
      // What is for ops answers every traveller 403, whatever it names.
      const refused = path.startsWith('/api/ops/') ? 403 : 404;
      expect([method, path, reply.status]).toEqual([method, path, refused]);
      expect(JSON.stringify(reply.body)).not.toContain('Ada');
    }
    expect(await owner!.read(owned.trip)).toEqual(before);
    expect((await owner!.call('GET', `/api/travelers/${owned.traveler}`)).status).toBe(200);
  });

  test("lists show a stranger nothing of the owner's", async () => {
    for (const path of ['/api/trips', '/api/travelers', '/api/payment-methods', '/api/bookings']) {
      const { body } = await stranger!.call('GET', path);
      const ids = body.data.map((row: { id: string }) => row.id);
      for (const id of Object.values(owned)) expect(ids).not.toContain(id);
    }
  });

  test("a trip can not be made with somebody else's traveller or card", async () => {
    const request = await stranger!.tripRequest();
    const reply = await stranger!.call('POST', '/api/trips', {
      ...request,
      travelerIds: [owned.traveler],
      paymentMethodId: owned.card,
    });
    expect(reply.status).toBe(422);
    expect(reply.body.errors.map((error: { field: string }) => error.field).sort()).toEqual([
      'paymentMethodId',
      'travelerIds.0',
    ]);
  });

  test("somebody else's idempotency key is free to use", async () => {
    const request = await stranger!.tripRequest();
    const reply = await stranger!.call('POST', '/api/trips', request, { 'idempotency-key': 'owners-key' });
    expect(reply.status).toBe(202);
    expect(reply.body.id).not.toBe(owned.trip);
  });
});

describe('in SQL, with the role of the app', () => {
  test('row-level security is on and forced on every table of a user, and the roles can not bypass it', async () => {
    const tables = await harness.database.query<{ relname: string; on: boolean }>(
      `select relname, relrowsecurity and relforcerowsecurity as on from pg_class
       join pg_attribute on attrelid = pg_class.oid and attname = 'user_id'
       where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname`,
    );
    expect(tables.map(({ relname }) => relname)).toEqual([...USER_TABLES].sort());
    expect(tables.filter((table) => !table.on)).toEqual([]);
    const roles = await harness.database.query(
      `select rolname from pg_roles r where rolname like 'parker\\_%' and (rolsuper or rolbypassrls or rolcanlogin
         or exists (select from pg_class where relowner = r.oid))`,
    );
    expect(roles).toEqual([]);
  });

  test('without an identity nothing is seen and nothing can be written', async () => {
    const { pool, close } = openDatabase(harness.database.url, 'parker_api', { max: 1 });
    try {
      for (const table of [...USER_TABLES, 'flight_offers']) {
        const { rows } = await pool.query(`select count(*) from ${table}`);
        expect([table, Number(rows[0].count)]).toEqual([table, 0]);
      }
      await expect(pool.query(`insert into users (user_id, data_key) values ('nobody', '')`)).rejects.toThrow(
        /row-level security/,
      );
      await expect(pool.query(`delete from booking_audits`)).rejects.toThrow(/permission denied/);
      await expect(pool.query(`update booking_audits set type = 'x'`)).rejects.toThrow(/permission denied/);
    } finally {
      await close();
    }
  });

  test('1,000 interleaved transactions of two users on pooled connections never see across', async () => {
    const { db, close } = openDatabase(harness.database.url, 'parker_api', { max: 5 });
    try {
      const look = (index: number) => {
        const userId = index % 2 ? 'owner' : 'stranger';
        return asUser(db, userId, async (trx) => {
          const seen = await trx.selectFrom('tripRequests').select('userId').execute();
          await sql`select pg_sleep(${(index % 3) / 1_000})`.execute(trx);
          const offers = await trx
            .selectFrom('flightOffers')
            .select('tripId')
            .where('tripId', 'is not', null)
            .execute();
          return { userId, users: [...new Set(seen.map((row) => row.userId))], offers: offers.length };
        });
      };
      // 40 at a time on five connections: each is handed from user to user, hundreds of times.
      const lanes = Array.from({ length: 40 }, async (_, lane) => {
        const looks: Awaited<ReturnType<typeof look>>[] = [];
        for (let index = lane; index < 1_000; index += 40) looks.push(await look(index + (looks.length % 2)));
        return looks;
      });
      const looks = (await Promise.all(lanes)).flat();
      expect(looks).toHaveLength(1_000);
      for (const { userId, users, offers } of looks) {
        expect(users).toEqual([userId]);
        if (userId === 'owner') expect(offers).toBeGreaterThan(0);
      }
      const others = await asUser(db, 'stranger', (trx) =>
        trx.selectFrom('flightOffers').select('id').where('tripId', '=', owned.trip).execute(),
      );
      expect(others).toEqual([]);
      const moved = await asUser(db, 'stranger', (trx) =>
        trx
          .updateTable('tripRequests')
          .set({ maxPriceMinor: 1 })
          .where('id', '=', owned.trip)
          .executeTakeFirst(),
      );
      expect(moved.numUpdatedRows).toBe(0n);
      await expect(
        asUser(db, 'stranger', (trx) =>
          trx
            .insertInto('travelers')
            .values({ userId: 'owner', pii: Buffer.alloc(1) })
            .execute(),
        ),
      ).rejects.toThrow(/row-level security/);
    } finally {
      await close();
    }
  });
});
