import express, { type Request, type Response } from 'express';
import pg from 'pg';

/**
 * The routes as one would write them on an afternoon: Express, pg, and the statements that ours issue, in the same
 * transactions, under the same role and row-level security. Nobody is asked who they are, nothing is checked, counted,
 * logged or limited. `node bench/api/bare.ts <port>`, with DATABASE_URL.
 */
const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: 12,
  options: '-c role=parker_api',
});

type Ask = (name: string, text: string, values: unknown[]) => Promise<Record<string, unknown>[]>;

async function asUser<T>(req: Request, work: (ask: Ask, userId: string) => Promise<T>): Promise<T> {
  const userId = String(req.get('authorization')).slice('Bearer '.length);
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query({
      name: 'user',
      text: `select set_config('app.user_id', $1, true)`,
      values: [userId],
    });
    const result = await work(
      async (name, text, values) => (await client.query({ name, text, values })).rows,
      userId,
    );
    await client.query('commit');
    return result;
  } finally {
    client.release();
  }
}

const TRIP = 'select * from trip_requests where id = $1';
const app = express().disable('x-powered-by').use(express.json());

app.get('/api/trips/:id', async (req: Request, res: Response) => {
  const id = req.params.id;
  const body = await asUser(req, async (ask) => {
    const [trip] = await ask('trip', TRIP, [id]);
    const [booking] = await ask('booking', 'select * from flight_bookings where trip_id = $1', [id]);
    return { ...trip, booking };
  });
  res.json(body);
});

app.get('/api/trips', async (req: Request, res: Response) => {
  const data = await asUser(req, (ask) =>
    ask(
      'trips',
      'select *, created_at::text as at from trip_requests where true order by created_at desc, id desc limit $1',
      [21],
    ),
  );
  res.json({ data });
});

app.get('/api/trips/:id/offers', async (req: Request, res: Response) => {
  const data = await asUser(req, async (ask) => {
    const [trip] = await ask('trip', TRIP, [req.params.id]);
    return ask(
      'offers',
      `select offer_id, price_minor, currency, expires_at, summary, created_at from flight_offers
       where search_id = (select search_id from flight_offers where search_key = $1 and (trip_id is null or trip_id = $2)
                          order by created_at desc limit 1)
       order by price_minor limit 50`,
      [trip?.search_key, trip?.id],
    );
  });
  res.json({ data });
});

app.post('/api/trips', async (req: Request, res: Response) => {
  const { origin, destination, departureDate, travelerIds, paymentMethodId } = req.body;
  await asUser(req, (ask, userId) =>
    ask('known', 'select user_id, email from users where user_id = $1', [userId]),
  );
  const trip = await asUser(req, async (ask, userId) => {
    await ask(
      'travelers',
      'select p.id, p.pii, u.data_key from travelers p join users u on u.user_id = p.user_id where p.id = any ($1)',
      [travelerIds],
    );
    const [card] = await ask('card', 'select id from payment_methods where id = $1', [paymentMethodId]);
    const [made] = await ask(
      'make',
      `insert into trip_requests (user_id, auto_book_enabled, origin, destination, departure_date, cabin, traveler_ids, max_price_minor,
         currency, criteria, consent, search_key, search_params, watch_until, next_check_at, outcome, correlation_id, payment_method_id)
       values ($1, true, $2, $3, $4, 'economy', $5, 100, 'GBP', '{}', 'true', 'k', '{}', now() + interval '60 days', now(),
         '{"code": "x", "message": "x"}', 'bench', $6) returning *`,
      [userId, origin, destination, departureDate, travelerIds, card?.id],
    );
    await ask(
      'audit',
      `insert into booking_audits (user_id, trip_id, type, detail, actor, correlation_id, flags)
       values ($1, $2, 'trip.created', '{"route": "LHR-JFK"}', 'user', 'bench', '{"auto_booking_pipeline_enabled": true}')`,
      [userId, made?.id],
    );
    await ask(
      'outbox',
      // Taken for published: ours would otherwise look through what nobody carries away.
      `insert into outbox (queue, name, job_id, payload, published_at)
       values ('search', 'bare', $1, jsonb_build_object('tripId', $1::text), now())`,
      [made?.id],
    );
    return made;
  });
  res.status(202).json(trip);
});

app.get('/readyz', (_req, res) => void res.json({ status: 'ok' }));
app.listen(Number(process.argv[2]), '127.0.0.1');
