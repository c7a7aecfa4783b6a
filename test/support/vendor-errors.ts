import type { Fault } from '../../sandbox/faults.ts';

type Given = Pick<Fault, 'target' | 'fault'> & Partial<Fault>;

/** A fault with its defaults filled in. */
export const fault = (given: Given): Fault => ({ times: 1, after: 0, delayMs: 0, ...given });

/** An error in Duffel's own envelope. */
export const duffelError = (
  target: string,
  status: number,
  type: string,
  code: string,
  headers?: Record<string, string>,
): Fault =>
  fault({
    target,
    fault: 'status',
    status,
    ...(headers && { headers }),
    body: { meta: { request_id: 'req_test', status }, errors: [{ type, code, title: code, message: code }] },
  });

/** An error in Stripe's envelope. */
export const stripeError = (
  target: string,
  status: number,
  error: { type: string; code?: string; message?: string; decline_code?: string; advice_code?: string },
): Fault =>
  fault({
    target,
    fault: 'status',
    status,
    body: { error: { message: error.code ?? error.type, ...error } },
  });
