import Stripe from 'stripe';
import { AccountTrouble } from '../../errors.ts';
import { asUnknown, createCircuit } from '../resilience.ts';
import { classifyError, classifyReadError } from './errors.ts';

const CALL_TIMEOUT_MS = 20_000;
/** How often the SDK repeats a call under the same key when the network or Stripe fails. */
const NETWORK_RETRIES = 2;
/** Time for a call and its repeats. */
const CALL_DEADLINE_MS = 65_000;

export interface StripeOptions {
  readonly secretKey: string;
  readonly baseUrl: string;
  /** Called when Stripe refuses our account. */
  readonly noteTrouble?: (trouble: AccountTrouble) => void;
}

/** Stripe's SDK with a deadline, a circuit breaker and errors in our classes. */
export interface StripeClient {
  /** @throws Retryable · Permanent */
  read<T>(send: (sdk: Stripe) => Promise<T>): Promise<T>;
  /** @throws Declined · PaymentRefused · Retryable: the call did not begin · OutcomeUnknown: look it up */
  write<T>(send: (sdk: Stripe) => Promise<T>): Promise<T>;
  readonly circuit: () => string;
}

export function createStripeClient({ secretKey, baseUrl, noteTrouble }: StripeOptions): StripeClient {
  const base = new URL(baseUrl);
  const protocol = base.protocol === 'http:' ? 'http' : 'https';
  const sdk = new Stripe(secretKey, {
    host: base.hostname,
    port: base.port || (protocol === 'http' ? 80 : 443),
    protocol,
    timeout: CALL_TIMEOUT_MS,
    maxNetworkRetries: NETWORK_RETRIES,
    telemetry: false,
    httpClient: withPathPrefix(base.pathname.replace(/\/$/, '')),
  });
  const circuit = createCircuit('stripe');

  const run = <T>(send: (sdk: Stripe) => Promise<T>, classify: (error: unknown) => Error): Promise<T> =>
    circuit.run(CALL_DEADLINE_MS, async () => {
      try {
        return asStripeObject(await send(sdk));
      } catch (error) {
        const failure = classify(error);
        if (failure instanceof AccountTrouble) noteTrouble?.(failure);
        throw failure;
      }
    });

  return {
    read: (send) => run(send, classifyReadError),
    write: (send) =>
      run(send, classifyError).catch((error: unknown) => {
        throw asTimedOutWrite(error);
      }),
    circuit: circuit.state,
  };
}

/** The SDK takes any JSON without an `error` for a success, whatever its status: a proxy's 502 page in JSON, say. */
function asStripeObject<T>(answer: T): T {
  if (typeof (answer as { object?: unknown } | null)?.object === 'string') return answer;
  throw new TypeError('the answer is not an object of Stripe');
}

/** With the circuit open the call was never sent. A deadline that passes during the call says nothing about its effect. */
function asTimedOutWrite(error: unknown): unknown {
  return (error as { code?: string }).code === 'stripe_timeout' ? asUnknown(error) : error;
}

/** The SDK takes host and port but no path, so the HTTP client it is given adds the prefix. */
function withPathPrefix(prefix: string): ReturnType<typeof Stripe.createNodeHttpClient> {
  const client = Stripe.createNodeHttpClient();
  if (!prefix) return client;
  const makeRequest = client.makeRequest.bind(client);
  client.makeRequest = (host, port, path, ...rest) => makeRequest(host, port, prefix + path, ...rest);
  return client;
}
