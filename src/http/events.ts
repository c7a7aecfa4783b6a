import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, Response } from 'express';
import type { Storage } from '../services/deps.ts';
import { readTimeline, type TimelineEntry } from '../services/trips/read.ts';

/** How often a stream looks for news; one indexed read of one trip. */
const POLL_MS = 500;
/** Proxies close a silent connection after a minute or so. */
const HEARTBEAT_EVERY = 30;

/** Streams a trip's timeline until the reader leaves; with Last-Event-ID it goes on where the reader was. */
export async function streamEvents(
  deps: Storage,
  { userId, tripId, req, res }: { userId: string; tripId: string; req: Request; res: Response },
): Promise<void> {
  let lastId = Math.max(0, Number(req.get('last-event-id')) || 0);
  let entries = await readTimeline(deps, userId, tripId, lastId);
  const gone = new AbortController();
  res.on('close', () => gone.abort());
  res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  res.flushHeaders();
  for (let round = 1; !gone.signal.aborted; round += 1) {
    for (const entry of entries) res.write(asEvent(entry));
    lastId = entries.at(-1)?.id ?? lastId;
    if (round % HEARTBEAT_EVERY === 0) res.write(':\n\n');
    await sleep(POLL_MS, undefined, { signal: gone.signal, ref: false }).catch(() => undefined);
    if (gone.signal.aborted) return;
    // A read that fails ends the stream; the browser comes back by itself, with its Last-Event-ID.
    try {
      entries = await readTimeline(deps, userId, tripId, lastId);
    } catch {
      return void res.end();
    }
  }
}

const asEvent = (entry: TimelineEntry): string =>
  `id: ${entry.id}\nevent: ${entry.type}\ndata: ${JSON.stringify(entry)}\n\n`;
