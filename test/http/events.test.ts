import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { BOOKED_STORY } from '../support/story.ts';

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
      expect(JSON.parse(fields.data ?? '').type).toBe(fields.event);
      events.push({ id: Number(fields.id), type: fields.event ?? '' });
    }
    if (events.some((event) => event.type === wanted)) break;
  }
  leave.abort();
  return events;
}

test('the stream tells the whole story in order, and goes on where a reader left', async () => {
  const user = await harness.user();
  const { id } = await user.trip();
  const story = await streamUntil(id, user.token, 'booking.confirmed');
  expect(story.map((event) => event.type).slice(0, BOOKED_STORY.length)).toEqual(BOOKED_STORY);
  expect(story.map((event) => event.id)).toEqual(story.map((event) => event.id).toSorted((a, b) => a - b));
  const rest = await streamUntil(id, user.token, 'booking.confirmed', {
    'last-event-id': String(story[4]?.id),
  });
  expect(rest.map((event) => event.type).slice(0, 3)).toEqual([
    'order.created',
    'payment.captured',
    'booking.confirmed',
  ]);
});

test("a stranger's stream is 404 before a byte is streamed", async () => {
  const [owner, stranger] = [await harness.user(), await harness.user()];
  const { id } = await owner.trip();
  expect((await stranger.call('GET', `/api/trips/${id}/events`)).status).toBe(404);
});
