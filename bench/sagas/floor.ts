import { Queue, Worker } from 'bullmq';
import pg from 'pg';
import { batched } from '../../src/db/client/batched.ts';
import { connectWorker } from '../../src/redis/connections.ts';
import { AT_ONCE, type Contender } from '../support/measure.ts';
import { seedAttempts } from './seed.ts';

/**
 * The floor under our saga: the same BullMQ job, and by hand the fewest statements that leave the same rows and the same mail
 * job behind, each prepared, each one round trip and one commit for all bookings that are ready for it. It checks nothing and
 * decides nothing.
 */
export async function floor(databaseUrl: string, redisUrl: string): Promise<Contender> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 24, options: '-c role=parker_worker' });
  const connection = await connectWorker(redisUrl, () => undefined);
  const queue = new Queue('floor', { connection });
  const mails = new Queue('floor-mails', { connection });
  let left = 0;
  let finished: () => void = () => undefined;
  let outbox: Waiting[] = [];
  let carrying: Promise<void> | null = null;
  /** One trip at a time, with all that has come together meanwhile. */
  const carry = async () => {
    while (outbox.length) {
      const rows = outbox;
      outbox = [];
      await mails.addBulk(rows.map(({ job }) => ({ name: 'notify', data: { job }, opts: { jobId: job } })));
      await pool.query({ name: 'published', text: PUBLISHED, values: [rows.map(({ id }) => id)] });
    }
    carrying = null;
  };
  const steps = STATEMENTS.map(([name, text]) =>
    batched(async (ids: readonly string[]) => {
      const { rows } = await pool.query<Waiting>({ name, text, values: [ids] });
      if (name === 'finish') outbox.push(...rows);
      return ids.map(() => undefined);
    }),
  );
  const worker = new Worker(
    'floor',
    async (job) => {
      const { id } = job.data as { id: string };
      for (const step of steps) await step(id);
      carrying ??= carry();
      left -= 1;
      if (left === 0) finished();
    },
    { connection, concurrency: AT_ONCE },
  );
  worker.on('failed', (_, error) => console.error(error));
  await worker.waitUntilReady();
  return {
    name: 'floor',
    prepare: async (count) => (await seedAttempts(pool, count)).map(({ id }) => id),
    async run(ids) {
      left = ids.length;
      const over = new Promise<void>((resolve) => (finished = resolve));
      await queue.addBulk(ids.map((id) => ({ name: 'book', data: { id }, opts: { jobId: `floor-${id}` } })));
      await over;
      await carrying;
    },
    async close() {
      await worker.close();
      await queue.close();
      await mails.close();
      connection.disconnect();
      await pool.end();
    },
  };
}

/** A job on its way from Postgres into Redis. */
interface Waiting {
  readonly id: string;
  readonly job: string;
}

const SOON = `soon as (select set_config('synchronous_commit', 'off', true))`;
const PUBLISHED = `with ${SOON} update outbox set published_at = now() from soon where id = any ($1)`;
const OFFER = `jsonb_build_object('offerId', a.id, 'price', 39900)`;
const audit = (type: string) => `insert into booking_audits (trip_id, user_id, attempt_id, type, actor, flags)
  select trip_id, user_id, id, '${type}', 'worker', '{"on": true}'::jsonb from a`;
/** What came of the last call, its evidence, and the intent of the next. */
const step = (next: string, set: string, settled?: string, only = '') => `
  with a as (update booking_attempts a set step = '${next}', updated_at = now()${set} where id = any ($1) and epoch = 1 returning *)
  ${settled ? `, s as (update booking_steps set outcome = 'ok', settled_at = now() where attempt_id = any ($1) and step = '${settled}')` : ''}
  , e as (${audit(`${next}.begun`)})
  insert into booking_steps (attempt_id, step, user_id, key, epoch, request) select id, '${next}', user_id, id || ':${next}', 1, '{}' from a${only}`;

const STATEMENTS: readonly (readonly [name: string, text: string])[] = [
  [
    'claim',
    `with a as (update booking_attempts set epoch = epoch + 1, lease_until = now() + interval '20 s' where id = any ($1) returning *)
     select a.*, t.*, u.stripe_customer_id, p.stripe_payment_method_id from a join trip_requests t on t.id = a.trip_id
     join users u on u.user_id = t.user_id left join payment_methods p on p.id = t.payment_method_id`,
  ],
  [
    'offers',
    `with a as (select * from booking_attempts where id = any ($1)),
          s as (insert into searches (search_key, trip_id, status, offer_count, payload) select 'k', trip_id, 'DONE', 1, '' from a returning *)
          , ${SOON}
     insert into flight_offers (search_id, search_key, trip_id, provider, offer_id, price_minor, currency, summary)
     select s.id, s.search_key, s.trip_id, 'duffel', 'off_' || a.id, 39900, 'GBP', ${OFFER} from a join s using (trip_id), soon`,
  ],
  [
    'charge',
    `with f as (select from fuse where state = 'armed' for update), ${SOON}
     , spent as (select sum(spent_minor), sum(bookings) from fuse_minutes where minute > now() - interval '1 hour')
     insert into fuse_minutes as m (minute, currency, spent_minor, bookings)
     select date_trunc('minute', now()), 'GBP', 39900 * cardinality($1::uuid[]), cardinality($1::uuid[]) from f, soon, spent
     on conflict (minute, currency) do update set spent_minor = m.spent_minor + excluded.spent_minor, bookings = m.bookings + excluded.bookings`,
  ],
  [
    'authorize',
    step('authorize', `, offer_id = 'off_' || id, offer = ${OFFER}, amount_minor = 39900, currency = 'GBP'`),
  ],
  [
    'passengers',
    `select tr.pii from travelers tr, booking_attempts a join trip_requests t on t.id = a.trip_id
     where a.id = any ($1) and tr.id = any (t.traveler_ids)`,
  ],
  [
    'order',
    step(
      'order',
      `, payment_intent_id = 'pi_' || id`,
      'authorize',
      ` where exists (select from fuse where state = 'armed')`,
    ),
  ],
  ['capture', step('capture', `, order_id = 'ord_' || id, order_facts = '{}'`, 'order')],
  [
    'finish',
    `with a as (update booking_attempts set status = 'SUCCESS', step = 'done', finished_at = now(), lease_until = null where id = any ($1) and epoch = 1 returning *),
          s as (update booking_steps set outcome = 'ok', settled_at = now() where attempt_id = any ($1) and step = 'capture'),
          t as (update trip_requests set auto_book_status = 'BOOKED', updated_at = now() where id = any (select trip_id from a)),
          b as (insert into flight_bookings (trip_id, attempt_id, user_id, provider, order_id, payment_intent_id, booking_reference, price_minor, currency, ticket_numbers, itinerary)
                select trip_id, id, user_id, 'duffel', id::text, id::text, 'ABC234', 39900, 'GBP', '{}', '[]' from a),
          e as (${audit('payment.captured')} union all select trip_id, user_id, id, 'booking.confirmed', 'worker', '{"on": true}'::jsonb from a),
          n as (insert into notifications (user_id, trip_id, kind, dedupe_key) select user_id, trip_id, 'booking_confirmed', id::text from a returning id)
     insert into outbox (queue, name, job_id, payload) select 'notify', 'notify', id::text, '{}' from n returning id, job_id as job`,
  ],
];
