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
  return { rate: result.requests.average, failed: result.non2xx + result.errors };
}
