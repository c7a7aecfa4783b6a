import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, Response } from 'express';
import type { Identity } from '../ports/identity.ts';
import { readTimeline, type TimelineEntry } from '../services/trips/read.ts';
import { HttpError } from './problem.ts';

/** How often a stream reads new entries: one indexed read of one trip. */
const POLL_MS = 500;
/** Tabs and devices of one person, per process: each stream reads the database twice a second for as long as it is open. */
const MAX_STREAMS = 20;
/** In polls: a comment every 15 s, for proxies close a silent connection after about a minute. */
const HEARTBEAT_EVERY = 30;

/** Streams a trip's timeline until the client disconnects or the token ends. With Last-Event-ID it resumes after that entry. @throws HttpError 422 for one that is no id, 429 */
export async function streamEvents(
  deps: Parameters<typeof readTimeline>[0],
  { user, tripId, req, res }: { user: Identity; tripId: string; req: Request; res: Response },
): Promise<void> {
  const { userId, expiresAt } = user;
  let lastId = lastEventId(req);
  let entries = await readTimeline(deps, userId, tripId, lastId);
  const gone = new AbortController();
  if (req.method !== 'HEAD') open(userId, res);
  res.on('close', () => gone.abort());
  res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  if (req.method === 'HEAD') return void res.end();
  res.flushHeaders();
  for (let round = 1; !gone.signal.aborted; round += 1) {
    for (const entry of entries) res.write(asEvent(entry));
    lastId = entries.at(-1)?.id ?? lastId;
    if (round % HEARTBEAT_EVERY === 0) res.write(':\n\n');
    await sleep(POLL_MS, undefined, { signal: gone.signal, ref: false }).catch(() => undefined);
    if (gone.signal.aborted) return;
    if (Date.now() >= expiresAt.getTime()) return void res.end();
    // A failed read ends the stream; the browser reconnects by itself, with its Last-Event-ID.
    try {
      entries = await readTimeline(deps, userId, tripId, lastId);
    } catch {
      return void res.end();
    }
  }
}

/** Streams by user, in this process. */
const streams = new Map<string, number>();

/** Counts a stream until its connection closes. @throws HttpError 429 when the user holds as many as they may */
function open(userId: string, res: Response): void {
  const held = streams.get(userId) ?? 0;
  if (held >= MAX_STREAMS) {
    res.set('Retry-After', '15');
    throw new HttpError(
      'too_many_requests',
      `You follow ${MAX_STREAMS} trips at once already. Close one of the streams first.`,
    );
  }
  streams.set(userId, held + 1);
  res.on('close', () => {
    const left = (streams.get(userId) ?? 1) - 1;
    if (left > 0) streams.set(userId, left);
    else streams.delete(userId);
  });
}

/** @throws HttpError 422 for an id that no entry can have: an EventSource repeats the ids that it was given */
function lastEventId(req: Request): number {
  const given = req.get('last-event-id') || '0';
  if (/^\d{1,15}$/.test(given)) return Number(given);
  throw new HttpError('invalid_request', 'The Last-Event-ID is not usable.', [
    { field: 'Last-Event-ID', code: 'invalid_format', message: 'must be the id of an event of this stream' },
  ]);
}

const asEvent = (entry: TimelineEntry): string =>
  `id: ${entry.id}\nevent: ${entry.type}\ndata: ${JSON.stringify(entry)}\n\n`;
