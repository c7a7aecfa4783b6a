import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  isBrokenCircuitError,
  isTaskCancelledError,
  TimeoutStrategy,
  timeout,
} from 'cockatiel';
import { OutcomeUnknown, Permanent, Retryable } from '../errors.ts';

/** Failures in a row that open a vendor's circuit. */
const FAILURES_TO_OPEN = 8;
/** How long the circuit stays open before one call tries again. */
const HALF_OPEN_AFTER_MS = 10_000;

/** Nothing listens to the signal. Aborting it after every call, the default, would create an error with a stack each time. */
const DEADLINE = { strategy: TimeoutStrategy.Aggressive, abortOnReturn: false };

/** A vendor's circuit breaker: a deadline around each call, and no calls for a while once they keep failing. */
export interface Circuit {
  /**
   * Runs a call that may be repeated, within `deadlineMs`.
   * @throws Retryable when the circuit is open or time runs out; else whatever the call throws
   */
  run<T>(deadlineMs: number, call: () => Promise<T>): Promise<T>;
  readonly state: () => 'closed' | 'open' | 'half-open';
}

export function createCircuit(vendor: string): Circuit {
  const breaker: CircuitBreakerPolicy = circuitBreaker(
    // A refusal and a rate limit are answers: the vendor works.
    handleWhen(
      (error) =>
        !(error instanceof Permanent || (error instanceof Retryable && error.retryAfterMs !== undefined)),
    ),
    { halfOpenAfter: HALF_OPEN_AFTER_MS, breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN) },
  );
  return {
    async run(deadlineMs, call) {
      try {
        return await breaker.execute(() => timeout(deadlineMs, DEADLINE).execute(call));
      } catch (error) {
        if (isBrokenCircuitError(error))
          throw new Retryable(`${vendor}_circuit_open`, `${vendor} keeps failing, its circuit is open`, {
            retryAfterMs: HALF_OPEN_AFTER_MS,
          });
        if (isTaskCancelledError(error))
          throw new Retryable(`${vendor}_timeout`, `${vendor} did not answer within ${deadlineMs} ms`);
        throw error;
      }
    },
    state: () => {
      if (breaker.state === CircuitState.Closed) return 'closed';
      return breaker.state === CircuitState.HalfOpen ? 'half-open' : 'open';
    },
  };
}

/** Turns a Retryable into OutcomeUnknown: for a call that may have had its effect, and must be looked up first. */
export function asUnknown(error: unknown): unknown {
  return error instanceof Retryable ? new OutcomeUnknown(error.code, error.message, { cause: error }) : error;
}
