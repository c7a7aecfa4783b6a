import { parseMoney } from '../../domain/money.ts';
import { type CancellationQuote, CancellationRefused } from '../../ports/flights.ts';
import type { DuffelClient } from './client.ts';
import { asCancellationRefusal } from './errors.ts';

const DEADLINE_MS = 15_000;

/** @throws CancellationRefused · Retryable */
export async function quoteCancellation(client: DuffelClient, orderId: string): Promise<CancellationQuote> {
  const { data } = await client
    .call(DEADLINE_MS, (sdk) => sdk.orderCancellations.create({ order_id: orderId }))
    .catch(asCancellationRefusal);
  const { id, refund_amount: amount, refund_currency: currency, refund_to, expires_at } = data;
  const refund = amount && currency ? (parseMoney({ amount, currency }) ?? null) : null;
  return { id, refund, refundTo: refund_to ?? '', expiresAt: expires_at ? new Date(expires_at) : null };
}

/** A quote that is confirmed already counts as confirmed now. @throws CancellationRefused · Retryable */
export async function confirmCancellation(client: DuffelClient, cancellationId: string): Promise<void> {
  try {
    await client
      .call(DEADLINE_MS, (sdk) => sdk.orderCancellations.confirm(cancellationId))
      .catch(asCancellationRefusal);
  } catch (error) {
    if (error instanceof CancellationRefused && error.refusal === 'already_cancelled') return;
    throw error;
  }
}
