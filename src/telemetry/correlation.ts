import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

const storage = new AsyncLocalStorage<string>();

/** Letters, digits and separators that are safe in a header and a log line. */
const SAFE = /^[A-Za-z0-9._:-]{1,64}$/;

/** The id that follows one request from HTTP through queue and worker to the last e-mail. */
export const correlationId = (): string | undefined => storage.getStore();

export function withCorrelation<T>(id: string, run: () => T): T {
  return storage.run(id, run);
}

/** Accepts an id from outside when it is safe, else creates one. */
export const acceptCorrelation = (given: string | undefined): string =>
  given && SAFE.test(given) ? given : randomUUID();
