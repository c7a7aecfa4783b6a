import { expect } from 'vitest';
import { AccountTrouble, OutcomeUnknown, Permanent, Retryable } from '../../src/errors.ts';
import { CancellationRefused, ChangeRefused, OrderRefused } from '../../src/ports/flights.ts';
import { Declined, PaymentRefused } from '../../src/ports/payments.ts';

const OURS: readonly unknown[] = [
  AccountTrouble,
  Retryable,
  Permanent,
  OutcomeUnknown,
  OrderRefused,
  CancellationRefused,
  ChangeRefused,
  Declined,
  PaymentRefused,
];

/** What a call throws. Fails the test when it throws nothing, or an error of a class that is not one of ours. */
export async function failureOf(call: Promise<unknown>): Promise<Error & { code: string }> {
  const error = await call.then(
    (value) => {
      throw new Error(`expected a failure, got ${JSON.stringify(value)}`);
    },
    (thrown: unknown) => thrown as Error & { code: string },
  );
  expect(OURS, String(error)).toContain(error.constructor);
  return error;
}
