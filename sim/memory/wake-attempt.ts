import type { OrderNews } from '../../src/ports/storage/attempt-directory.ts';
import type { Tables } from './tables.ts';

/** As `wakeAttempt` of src/db/wake-attempt.ts. */
export function wakeAttempt(tables: Tables, id: string, { orderId, failed = false }: OrderNews): boolean {
  const row = tables.attempts.get(id);
  if (row?.status !== 'PENDING') return false;
  const named = orderId !== undefined || failed;
  const looking = (row.step === 'settle' && named) || row.step === 'confirm_payment';
  Object.assign(row, {
    resumeAt: null,
    updatedAt: tables.now(),
    ...(looking && { epoch: row.epoch + 1, leaseUntil: null }),
    ...(orderId !== undefined && { hintedOrderIds: [...new Set([...row.hintedOrderIds, orderId])] }),
    ...(failed && { orderFailedAt: row.orderFailedAt ?? new Date(tables.now()) }),
  });
  return true;
}

/** As `requestRelease` of src/db/wake-attempt.ts. @returns the new epoch */
export function requestRelease(tables: Tables, id: string): number {
  const row = tables.attempts.get(id);
  if (!row) throw new Error('no such attempt');
  const now = tables.now();
  const epoch = row.epoch + 1;
  const releaseRequestedAt = row.releaseRequestedAt ?? new Date(now);
  Object.assign(row, { epoch, releaseRequestedAt, leaseUntil: null, resumeAt: null, updatedAt: now });
  return epoch;
}
