import type { Kysely } from 'kysely';
import type { CancellationQuoteStore } from '../../ports/storage/cancellation-quotes.ts';
import { claimQuote, closeQuote } from '../cancellation-quotes.ts';
import { asUser, type DB } from '../client/index.ts';

/** Quotes of cancellations in Postgres. */
export function createCancellationQuoteStore({ db }: { db: Kysely<DB> }): CancellationQuoteStore {
  return {
    claim: (userId, bookingId, options) => asUser(db, userId, (trx) => claimQuote(trx, bookingId, options)),
    close: (userId, bookingId, quote) => asUser(db, userId, (trx) => closeQuote(trx, bookingId, quote)),
  };
}
