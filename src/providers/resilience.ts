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

/** Failures in a row before a vendor is left alone for a while. */
const FAILURES_TO_OPEN = 8;
/** How long it is left alone before one call tries again. */
const HALF_OPEN_AFTER_MS = 10_000;

/** The signal goes to nobody: aborted after every call, as is usual, it would make an error with a stack each time. */
const DEADLINE = { strategy: TimeoutStrategy.Aggressive, abortOnReturn: false };

/** A vendor's circuit: a deadline around each call, and a pause once calls keep failing. */
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
    // A refusal or a request for patience is an answer: the vendor is well.
    handleWhen(
      (error) => !(error instanceof Permanent || (error instanceof Retryable && error.retryAfterMs)),
    ),
    { halfOpenAfter: HALF_OPEN_AFTER_MS, breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN) },
  );
  return {
    async run(deadlineMs, call) {
      try {
        return await breaker.execute(() => timeout(deadlineMs, DEADLINE).execute(call));
      } catch (error) {
        if (isBrokenCircuitError(error))
          throw new Retryable(`${vendor}_circuit_open`, `${vendor} keeps failing and is left alone for now`, {
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

/** Says that a failed call may have had its effect: for calls that must be looked up and never repeated blindly. */
export function asUnknown(error: unknown): unknown {
  return error instanceof Retryable ? new OutcomeUnknown(error.code, error.message, { cause: error }) : error;
}
