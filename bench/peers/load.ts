import autocannon from 'autocannon';
import type { Answered, Load } from '../support/load.ts';

/** Requests over kept-alive connections, by autocannon. */
export async function run({ url, connections, seconds, requests }: Load): Promise<Answered> {
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    requests: requests.map(({ method, path, token, body }) => ({
      method,
      path,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })),
  });
  const { latency, requests: sent, non2xx, errors } = result;
  return {
    rate: sent.average,
    p50: latency.p50,
    'p97.5': latency.p97_5,
    p99: latency.p99,
    failed: non2xx + errors,
  };
}
