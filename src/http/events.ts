import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, Response } from 'express';
import type { Identity } from '../ports/identity.ts';
import type { OpenStream, OpenStreams } from '../ports/open-streams.ts';
import { readTimeline, type TimelineEntry } from '../services/trips/read.ts';
import { HttpError } from './problem.ts';

/** How often a stream reads new entries: one indexed read of one trip. */
const POLL_MS = 500;
/** The streams of a process together read this many times a second: beyond a hundred streams each reads less often. */
const MAX_READS_PER_S = 200;
/** Tabs and devices of one person: each stream reads the database for as long as it is open. */
export const MAX_STREAMS = 20;
/** A comment every 15 s, for proxies close a silent connection after about a minute. */
const HEARTBEAT_MS = 15_000;

export type StreamDeps = Parameters<typeof readTimeline>[0] & { readonly openStreams: OpenStreams };

/** Who follows which trip. */
interface Stream {
  readonly user: Identity;
  readonly tripId: string;
  /** Where to go on, for a new EventSource, which can send no Last-Event-ID. */
  readonly lastId: string | undefined;
  readonly req: Request;
  readonly res: Response;
}

/** Streams a trip's timeline until the client disconnects or the token ends. With Last-Event-ID it resumes after that entry. @throws HttpError 422 for one that is no id, 429 */
export async function streamEvents(
  deps: StreamDeps,
  { user, tripId, lastId: given, req, res }: Stream,
): Promise<void> {
  const { userId, expiresAt } = user;
  let lastId = lastEventId(req.get('last-event-id') || given || '0');
  let entries = await readTimeline(deps, userId, tripId, lastId);
  const gone = new AbortController();
  res.on('close', () => gone.abort());
  const stream = req.method === 'HEAD' ? undefined : await open(deps.openStreams, userId, res);
  res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  if (!stream) return void res.end();
  res.flushHeaders();
  let heartbeatAt = Date.now() + HEARTBEAT_MS;
  while (!gone.signal.aborted) {
    for (const entry of entries) res.write(asEvent(entry));
    lastId = entries.at(-1)?.id ?? lastId;
    if (Date.now() >= heartbeatAt) {
      heartbeatAt = Date.now() + HEARTBEAT_MS;
      res.write(':\n\n');
      await stream.renew();
    }
    await sleep(Math.max(POLL_MS, (streaming * 1_000) / MAX_READS_PER_S), undefined, {
      signal: gone.signal,
      ref: false,
    }).catch(() => undefined);
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

/** Streams of this process. */
let streaming = 0;

/** Counts a stream until its connection closes. @throws HttpError 429 when the user holds as many as they may */
async function open(streams: OpenStreams, userId: string, res: Response): Promise<OpenStream> {
  const stream = await streams.open(userId);
  if (!stream) {
    res.set('Retry-After', '15');
    throw new HttpError(
      'too_many_requests',
      `You follow ${MAX_STREAMS} trips at once already. Close one of the streams first.`,
    );
  }
  streaming += 1;
  const close = () => {
    streaming -= 1;
    void stream.close();
  };
  // The client may have left while it was counted.
  if (res.closed) close();
  else res.once('close', close);
  return stream;
}

/** @throws HttpError 422 for an id that no entry can have: an EventSource repeats the ids that it was given */
function lastEventId(given: string): number {
  if (/^\d{1,15}$/.test(given)) return Number(given);
  throw new HttpError('invalid_request', 'The Last-Event-ID is not usable.', [
    { field: 'Last-Event-ID', code: 'invalid_format', message: 'must be the id of an event of this stream' },
  ]);
}

const asEvent = (entry: TimelineEntry): string =>
  `id: ${entry.id}\nevent: ${entry.type}\ndata: ${JSON.stringify(entry)}\n\n`;
