import { Duffel, DuffelError } from '@duffel/api';
import { AccountTrouble } from '../../errors.ts';
import { createCircuit } from '../resilience.ts';
import { classifyReadError } from './errors.ts';
import { type Quota, readQuota } from './quota.ts';

export interface DuffelOptions {
  readonly token: string;
  readonly baseUrl: string;
  /** Called with the quota that each answer states. */
  readonly noteQuota?: (quota: Quota) => void;
  /** Called when Duffel refuses our account. */
  readonly noteTrouble?: (trouble: AccountTrouble) => void;
}

/** Duffel's SDK with what it lacks: a deadline, a circuit breaker, errors in our classes, the quota of each answer. */
export interface DuffelClient {
  /** The address of the API, with the slash at its end without which the SDK drops the last part of the path. */
  readonly baseUrl: string;
  /**
   * Makes a call that may be repeated.
   * @throws Retryable · Permanent
   */
  call<T extends { headers?: unknown }>(deadlineMs: number, send: (sdk: Duffel) => Promise<T>): Promise<T>;
  readonly circuit: () => string;
}

export function createDuffelClient({
  token,
  baseUrl: given,
  noteQuota,
  noteTrouble,
}: DuffelOptions): DuffelClient {
  const baseUrl = given.endsWith('/') ? given : `${given}/`;
  const sdk = new Duffel({ token, basePath: baseUrl });
  const circuit = createCircuit('duffel');

  function note(headers: unknown): void {
    const quota = readQuota(headers as Headers | null | undefined, Date.now());
    if (quota) noteQuota?.(quota);
  }

  return {
    baseUrl,
    call: (deadlineMs, send) =>
      circuit.run(deadlineMs, async () => {
        try {
          const response = await send(sdk);
          note(response.headers);
          return response;
        } catch (error) {
          if (error instanceof DuffelError) note(error.headers);
          const failure = classifyReadError(error);
          if (failure instanceof AccountTrouble) noteTrouble?.(failure);
          throw failure;
        }
      }),
    circuit: circuit.state,
  };
}
