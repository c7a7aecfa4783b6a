import type { Tables } from './tables.ts';

/** Runs `work` on trips, attempts, audit log and outbox; what it throws leaves them as they were before. */
export async function atomically<T>(tables: Tables, work: () => Promise<T>): Promise<T> {
  const restoreTrips = snapshot(tables.trips);
  const restoreAttempts = snapshot(tables.attempts);
  const [audits, jobs] = [tables.audits.length, tables.outbox.length];
  try {
    return await work();
  } catch (error) {
    restoreTrips();
    restoreAttempts();
    tables.audits.length = audits;
    tables.outbox.length = jobs;
    throw error;
  }
}

/** @returns what brings the rows back */
function snapshot<Row extends object>(table: Map<string, Row>): () => void {
  const before = [...table].map(([id, row]) => [id, row, { ...row }] as const);
  return () => {
    table.clear();
    for (const [id, row, values] of before) table.set(id, Object.assign(row, values));
  };
}
