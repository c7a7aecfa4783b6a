import { styleText } from 'node:util';
import pg from 'pg';

interface Entry {
  id: string;
  trip_id: string;
  at: Date;
  type: string;
  detail: Record<string, unknown>;
  origin: string;
  destination: string;
}

const POLL_MS = 700;

/**
 * Tells what happens to a user's trips, entry by entry, as it happens. It reads the audit log itself: the API would count it
 * as requests of that user, of whom it serves a few a second.
 * @param say told each line
 * @param hello told a trip's id once, before its first line
 */
export async function followTrips(
  databaseUrl: string,
  userId: string,
  say: (line: string) => unknown,
  hello: (tripId: string) => unknown,
): Promise<void> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 1,
    application_name: 'make run',
    options: '-c role=parker_worker',
  });
  // A Postgres that stops is told by others.
  pool.on('error', () => undefined);
  let last = '0';
  /** What each trip's last line of this kind said. */
  const lastLine = new Map<string, string>();
  const look = async () => {
    const { rows } = await pool.query<Entry>(
      `select a.id, a.trip_id, a.at, a.type, a.detail, t.origin, t.destination
       from booking_audits a join trip_requests t on t.id = a.trip_id
       where a.user_id = $1 and a.id > $2 order by a.id`,
      [userId, last],
    );
    for (const entry of rows) {
      last = entry.id;
      if (!lastLine.has(entry.trip_id)) hello(entry.trip_id);
      lastLine.set(entry.trip_id, '');
      const words = inWords(entry.detail);
      const kind = `${entry.trip_id} ${entry.type}`;
      // A look that finds what the one before it found is no news.
      if (entry.type === 'search.completed' && lastLine.get(kind) === words) continue;
      lastLine.set(kind, words);
      const at = entry.at.toISOString().slice(11, 19);
      const route = `${entry.origin}-${entry.destination}`;
      say(`  ${styleText('dim', at)}  ${route}  ${entry.type.padEnd(20)} ${styleText('dim', words)}`);
    }
  };
  let busy = false;
  setInterval(() => {
    if (busy) return;
    busy = true;
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
