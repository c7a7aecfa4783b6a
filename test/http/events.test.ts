import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EVENT_TYPES } from '../../src/domain/event-types.ts';
import { createClient } from '../support/client.ts';
import { checkSchema } from '../support/documented.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { startRole } from '../support/processes.ts';
import { BOOKED_TIMELINE } from '../support/timeline.ts';
import { until } from '../support/until.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
});
afterAll(() => harness.stop());

/** Reads a trip's stream until an entry of this type, and leaves. */
async function streamUntil(
  id: string,
  token: string | null,
  wanted: string,
  headers: Record<string, string> = {},
) {
  const leave = new AbortController();
  const response = await fetch(`${harness.url}/api/trips/${id}/events`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: leave.signal,
  });
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const events: { id: number; type: string }[] = [];
  let buffer = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    buffer += chunk;
    const parts = buffer.split('\n\n');
    buffer = parts.pop() ?? '';
    for (const part of parts) {
      const fields = Object.fromEntries(
        part.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]),
      );
      const entry = JSON.parse(fields.data ?? '');
      checkSchema('TimelineEntry', entry);
      expect(entry.type).toBe(fields.event);
      events.push({ id: Number(fields.id), type: fields.event ?? '' });
    }
    if (events.some((event) => event.type === wanted)) break;
  }
  leave.abort();
  return events;
}

test('the stream gives every event of the timeline in order, and goes on where a reader left', async () => {
  const user = await harness.user();
  const { id } = await user.trip();
  const events = await streamUntil(id, user.token, 'booking.confirmed');
  expect(events.map((event) => event.type).slice(0, BOOKED_TIMELINE.length)).toEqual(BOOKED_TIMELINE);
  expect(events.map((event) => event.id)).toEqual(events.map((event) => event.id).toSorted((a, b) => a - b));
  const rest = await streamUntil(id, user.token, 'booking.confirmed', {
    'last-event-id': String(events[4]?.id),
  });
  expect(rest.map((event) => event.type).slice(0, 3)).toEqual([
    'order.created',
    'payment.captured',
    'booking.confirmed',
  ]);
});

/** Opens a stream with Node's own EventSource, which is the browser's, and says what came until it was closed for good. */
async function browserStream(
  url: string,
  wanted: string,
): Promise<{ events: [string, string][]; end: string }> {
  const script = `
    const [url, ...types] = process.argv.slice(1);
    const source = new EventSource(url);
    const events = [];
    // The pause before another try keeps no process alive.
    setTimeout(() => {}, 60_000);
    for (const type of types) source.addEventListener(type, (event) => events.push([event.lastEventId, event.type]));
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;
      console.log(JSON.stringify({ events, end: 'closed' }));
      process.exit();
    };`;
  const args = ['--no-warnings', '--experimental-eventsource', '--eval', script, url, ...EVENT_TYPES];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
  const seen = JSON.parse(stdout);
  expect(seen.events.map(([, type]: [string, string]) => type)).toContain(wanted);
  return seen;
}

test("a stranger's stream is 404 before a byte is streamed", async () => {
  const [owner, stranger] = [await harness.user(), await harness.user()];
  const { id } = await owner.trip();
  expect((await stranger.call('GET', `/api/trips/${id}/events`)).status).toBe(404);
});

/** Opens a stream and keeps it open. */
async function follow(id: string, token: string | null, url = harness.url) {
  const leave = new AbortController();
  const response = await fetch(`${url}/api/trips/${id}/events`, {
    headers: { authorization: `Bearer ${token}` },
    signal: leave.signal,
  });
  // A response that is garbage closes its connection.
  return { response, status: response.status, leave: () => leave.abort() };
}

test('a user holds so many streams and no more; a closed one makes room, and others are not held up', async () => {
  const [eager, other] = [await harness.user(), await harness.user()];
  const { id } = await eager.trip({ autoBook: false, consent: undefined });
  const streams = await Promise.all(Array.from({ length: 300 }, () => follow(id, eager.token)));
  const [opened, refused] = [200, 429].map((status) => streams.filter((stream) => stream.status === status));
  expect([opened?.length, refused?.length]).toEqual([20, 280]);
  expect(Number(refused?.[0]?.response.headers.get('retry-after'))).toBeGreaterThan(0);
  const own = await other.trip({ autoBook: false, consent: undefined });
  const others = await follow(own.id, other.token);
  expect(others.status).toBe(200);
  others.leave();
  opened?.[0]?.leave();
  await until('room for another', async () => {
    const again = await follow(id, eager.token);
    again.leave();
    return again.status === 200;
  });
  for (const { leave } of streams) leave();
});

test('two web processes count a user’s streams together', async () => {
  const second = await startRole('web', { ...harness.env, PORT: '0' });
  const url = `http://127.0.0.1:${/"port":(\d+)/.exec(second.output())?.[1]}`;
  const user = await harness.user();
  const { id } = await user.trip({ autoBook: false, consent: undefined });
  const streams = await Promise.all(
    Array.from({ length: 60 }, (_, n) => follow(id, user.token, n % 2 ? url : harness.url)),
  );
  expect(streams.filter(({ status }) => status === 200)).toHaveLength(20);
  expect(streams.filter(({ status }) => status === 429)).toHaveLength(40);
  for (const { leave } of streams) leave();
  second.child.kill('SIGKILL');
  await second.gone;
});

test('a browser’s EventSource follows a trip by a ticket, goes on where it left, and ends with the token', async () => {
  const user = await harness.user('watcher');
  const { id } = await user.trip();
  await user.reaches(id, 'BOOKED');
  const all = await user.timeline(id);
  const token = await harness.sandbox.auth.token({ sub: 'watcher', expiresInSeconds: 8 });
  const brief = createClient(harness.url, 'watcher', token);
  const { ticket } = (await brief.call('POST', `/api/trips/${id}/events/ticket`)).body;
  const address = `${harness.url}/api/trips/${id}/events?lastEventId=${all[1]?.id}&ticket=${ticket}`;
  const { events, end } = await browserStream(address, 'booking.confirmed');
  // Mails are sent after the booking.
  const now = await user.timeline(id);
  expect(events).toEqual(now.slice(2, 2 + events.length).map((entry) => [String(entry.id), entry.type]));
  // The server ended the stream, and the ticket opens no second one.
  expect(end).toBe('closed');
  expect((await fetch(address)).status).toBe(401);
});

test('a ticket is for its user, its trip, one use and half a minute; no list of Redis holds it', async () => {
  const [owner, stranger] = [await harness.user(), await harness.user()];
  const [trip, other] = [await owner.trip({ autoBook: false, consent: undefined }), await owner.trip()];
  const get = async () => (await owner.call('POST', `/api/trips/${trip.id}/events/ticket`)).body;
  const open = (id: string, ticket: string) =>
    owner.call('HEAD', `/api/trips/${id}/events?ticket=${ticket}`, undefined, { authorization: '' });
  expect((await stranger.call('POST', `/api/trips/${trip.id}/events/ticket`)).status).toBe(404);
  const { ticket, expiresAt } = await get();
  expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(30_000);
  const keys = await harness.web.redis.keys(`*${harness.config.QUEUE_PREFIX}:ticket:*`);
  expect(keys).toHaveLength(1);
  expect(keys[0]).not.toContain(ticket);
  expect(await harness.web.redis.pttl(keys[0] as string)).toBeGreaterThan(0);
  const opened = await Promise.all(Array.from({ length: 10 }, () => open(trip.id, ticket)));
  expect(opened.map(({ status }) => status).toSorted()).toEqual([200, ...Array(9).fill(401)]);
  for (const [id, wrong] of [
    [other.id, (await get()).ticket],
    [trip.id, 'nonsense'],
    [trip.id, ''],
  ])
    expect((await open(id, wrong)).status).toBe(401);
  // A ticket opens the stream alone.
  const { status } = await owner.call('GET', `/api/trips/${trip.id}?ticket=${(await get()).ticket}`);
  expect(status).toBe(422);
});

test('a stream ends with its token', async () => {
  const user = await harness.user('brief');
  const { id } = await user.trip({ autoBook: false, consent: undefined });
  const token = await harness.sandbox.auth.token({ sub: 'brief', expiresInSeconds: 2 });
  const { status, response } = await follow(id, token);
  expect(status).toBe(200);
  // Read to its end: one that goes on would never come there.
  for await (const _chunk of response.body ?? []);
  expect((await follow(id, token)).status).toBe(401);
});
