import type { Sandbox } from '../../sandbox/server.ts';
import { duffelError, fault } from './vendor-errors.ts';

const CREATE = 'duffel.orders.create';

/** The next call of any kind is refused. */
export const refusing =
  (status: number, type: string, code: string) =>
  ({ faults }: Sandbox) =>
    faults.add(duffelError('duffel.*', status, type, code));

/** The next order is answered with 201 and this, whatever it is. */
export const answersWith =
  (data: object) =>
  ({ faults }: Sandbox) =>
    faults.add(fault({ target: CREATE, fault: 'status', status: 201, body: { data } }));

/** The next order is turned away, with this `ratelimit-reset`. */
export const withReset = (
  title: string,
  reset: () => string,
  [minWaitMs, maxWaitMs]: readonly [number, number],
) => ({
  title: `429 whose reset ${title}`,
  arrange: ({ faults }: Sandbox) =>
    faults.add(
      duffelError(CREATE, 429, 'rate_limit_error', 'rate_limit_exceeded', { 'ratelimit-reset': reset() }),
    ),
  minWaitMs,
  maxWaitMs,
});
