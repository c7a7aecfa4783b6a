import { describe } from 'vitest';
import { authorizationContract } from './payments/authorizations.ts';
import { captureContract } from './payments/captures.ts';
import type { PaymentsUnderTest } from './payments/payments-under-test.ts';
import { paymentTroubleContract } from './payments/trouble.ts';

export type { PaymentsUnderTest } from './payments/payments-under-test.ts';

/** What a payment provider must do: `PaymentProvider` of src/ports/payments.ts, held against an adapter over HTTP. */
export function paymentsContract(target: PaymentsUnderTest): void {
  describe(`${target.name} as the payment provider`, () => {
    authorizationContract(target);
    captureContract(target);
    paymentTroubleContract(target);
  });
}
