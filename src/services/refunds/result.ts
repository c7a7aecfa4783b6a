import type { Refund } from '../../domain/refund.ts';

/** What the provider answered to a refund, as it is recorded with the intent: storage gives it to the refund's row. */
export const refundResult = ({ id, status, pendingReason, failureReason }: Refund) => ({
  refund: { id, status, pendingReason, failureReason },
});
