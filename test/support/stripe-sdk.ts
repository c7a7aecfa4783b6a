import Stripe from 'stripe';
import type { Sandbox } from '../../sandbox/server.ts';

/** Stripe's own SDK, unmodified, against the stand-in. */
export function stripeSdk({ port }: Sandbox): Stripe {
  const httpClient = Stripe.createNodeHttpClient();
  const makeRequest = httpClient.makeRequest.bind(httpClient);
  httpClient.makeRequest = (host, to, path, ...rest) => makeRequest(host, to, `/stripe${path}`, ...rest);
  return new Stripe('sk_test_sandbox', {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient,
  });
}
