import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Db } from '../db/client.ts';
import { type Answer, payloadOf } from '../db/searches.ts';
import type { SearchResult } from '../providers/duffel/index.ts';

/**
 * A provider's answer as it is kept: each offer in our own terms, and all of what was sent once, compressed. In this thread:
 * a hundred offers take less time than the way to another and back.
 */
export function pack({ requestId, offers }: SearchResult): Answer {
  return {
    requestId,
    offers: offers.map(({ offer }) => offer),
    payload: zstdCompressSync(JSON.stringify(offers.map(({ raw }) => raw))),
  };
}

/** @returns an offer as the provider sent it, if it is still kept */
export async function sentOffer(db: Db, offerId: string): Promise<unknown> {
  const payload = await payloadOf(db, offerId);
  if (!payload) return undefined;
  const sent = JSON.parse(zstdDecompressSync(payload).toString()) as { id: string }[];
  return sent.find(({ id }) => id === offerId);
}
