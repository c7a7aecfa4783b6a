import { sql } from 'kysely';
import type { QuoteClaim, StoredQuote } from '../ports/storage/cancellation-quotes.ts';
import type { Db } from './client/index.ts';

type QuoteJson = Omit<StoredQuote, 'quotedAt' | 'expiresAt'> & { readonly expiresAt: string | null };

/** Takes the right to ask the airline, unless it is taken, an answer holds, or a cancellation is live. */
export async function claimQuote(
  trx: Db,
  bookingId: string,
  { askingMs, freshMs }: { readonly askingMs: number; readonly freshMs: number },
): Promise<QuoteClaim> {
  const { rows: live } = await sql`
    select from flight_bookings b where b.id = ${bookingId} and b.status = 'CONFIRMED' and b.cancel_requested_at is null
      and not exists (select from cancellations c where c.booking_id = b.id and c.status in ('PENDING', 'NEEDS_HUMAN'))`.execute(
    trx,
  );
  if (live.length === 0) return { kind: 'live' };
  const fresh = await freshQuote(trx, bookingId, freshMs);
  if (fresh) return { kind: 'fresh', quote: fresh };
  // An answer that was stored since is not asked for again.
  const { rows: claimed } = await sql`
    insert into cancellation_quotes as q (booking_id, user_id, asking_until)
    select b.id, b.user_id, now() + ${askingMs} * interval '1 millisecond' from flight_bookings b where b.id = ${bookingId}
    on conflict (booking_id) do update set asking_until = excluded.asking_until
    where (q.asking_until is null or q.asking_until < now())
      and (q.quote is null or not ${isFresh(freshMs)})
    returning booking_id`.execute(trx);
  if (claimed.length) return { kind: 'ask' };
  const answered = await freshQuote(trx, bookingId, freshMs);
  return answered ? { kind: 'fresh', quote: answered } : { kind: 'busy' };
}

const isFresh = (freshMs: number) => sql<boolean>`(q.quoted_at > now() - ${freshMs} * interval '1 millisecond'
  and coalesce((q.quote ->> 'expiresAt')::timestamptz > now(), true))`;

async function freshQuote(trx: Db, bookingId: string, freshMs: number): Promise<StoredQuote | undefined> {
  const { rows } = await sql<{ quote: QuoteJson; quotedAt: Date }>`
    select q.quote, q.quoted_at as "quotedAt" from cancellation_quotes q
    where q.booking_id = ${bookingId} and q.quote is not null and ${isFresh(freshMs)}`.execute(trx);
  const [row] = rows;
  return row && { ...row.quote, ...datesOf(row) };
}

const datesOf = ({ quote, quotedAt }: { readonly quote: QuoteJson; readonly quotedAt: Date }) => ({
  quotedAt,
  expiresAt: quote.expiresAt === null ? null : new Date(quote.expiresAt),
});

/** Ends the right to ask; an answer, if there is one, takes the place of the last. */
export async function closeQuote(
  trx: Db,
  bookingId: string,
  quote: Omit<StoredQuote, 'quotedAt'> | null,
): Promise<void> {
  await trx
    .updateTable('cancellationQuotes')
    .set({
      askingUntil: null,
      ...(quote && { quote: JSON.stringify(quote), quotedAt: sql<Date>`now()` }),
    })
    .where('bookingId', '=', bookingId)
    .execute();
}
