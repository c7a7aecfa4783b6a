import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { SearchResult } from '../ports/flights.ts';
import type { Db } from './client/index.ts';
import { type Answer, payloadOf } from './searches.ts';

/**
 * A provider's answer as it is stored: each offer in our own terms, and all offers as they were sent, compressed. Compression
 * runs in this thread: for a hundred offers it takes less time than a hand-over to another thread.
 */
export function pack({ requestId, offers }: SearchResult): Answer {
  return {
    requestId,
    offers: offers.map(({ offer }) => offer),
    payload: zstdCompressSync(JSON.stringify(offers.map(({ raw }) => raw))),
  };
}

/** @returns an offer as the provider sent it; undefined when it is no longer stored */
export async function offerAsSent(db: Db, offerId: string): Promise<unknown> {
  const payload = await payloadOf(db, offerId);
  if (!payload) return undefined;
  const sent = JSON.parse(zstdDecompressSync(payload).toString()) as { id: string }[];
  return sent.find(({ id }) => id === offerId);
}
