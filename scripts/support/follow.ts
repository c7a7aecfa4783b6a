import { styleText } from 'node:util';
import type { apiClient } from './api.ts';

interface Trip {
  id: string;
  origin: string;
  destination: string;
  outcome: { message: string };
}
interface Entry {
  id: number;
  at: string;
  type: string;
  detail: Record<string, unknown>;
}

const POLL_MS = 700;

/** Tells what happens to a user's trips, entry by entry, as it happens. */
export function followTrips(api: ReturnType<typeof apiClient>, say: (line: string) => unknown): void {
  const seen = new Map<string, number>();
  let busy = false;
  async function look(): Promise<void> {
    const { data: trips } = await api<{ data: Trip[] }>('GET', '/api/trips');
    for (const { id, origin, destination } of trips) {
      const { data: entries } = await api<{ data: Entry[] }>('GET', `/api/trips/${id}/timeline`);
      const news = entries.filter((entry) => entry.id > (seen.get(id) ?? 0));
      for (const { at, type, detail } of news)
        say(
          `  ${styleText('dim', at.slice(11, 19))}  ${origin}-${destination}  ${type.padEnd(20)} ${styleText('dim', inWords(detail))}`,
        );
      seen.set(id, entries.at(-1)?.id ?? 0);
    }
  }
  setInterval(() => {
    if (busy) return;
    busy = true;
    // While everything stops there is nothing to tell.
    void look()
      .catch(() => undefined)
      .finally(() => {
        busy = false;
      });
  }, POLL_MS);
}

/** A timeline entry's detail on one line. */
export function inWords(detail: Record<string, unknown>): string {
  return Object.entries(detail)
    .map(
      ([key, value]) =>
        `${key} ${typeof value === 'object' && value !== null ? Object.values(value).join(' ') : value}`,
    )
    .join(', ');
}
