import { request as httpRequest } from 'node:http';
import { expect } from 'vitest';
import { ADA } from '../../scripts/support/ada.ts';
import { type Client, createClient, inDays } from './client.ts';
import { checkAnswer } from './documented.ts';
import { createHarness, type Harness } from './harness.ts';
import { type Issuer, startIssuer } from './issuer.ts';

/** A request as its bytes: `fetch` would refuse or repair some. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | undefined;
}

/** A client that means harm: everything of it exists, a trip that is booked and one that is watched among it. */
export interface Attacker {
  readonly harness: Harness;
  readonly issuer: Issuer;
  readonly user: Client;
  readonly tokens: Readonly<Record<'traveller' | 'ops', string>>;
  /** Ids of what the traveller has: the booked trip first, then the watched one. */
  readonly known: readonly string[];
  /** Bodies that are taken, by method and path. */
  readonly examples: Readonly<Record<string, unknown>>;
  /** Sends a request. @returns its status @throws when it is answered with 5xx, or not at all; or refused without a problem */
  answered(sent: Sent): Promise<number>;
  stop(): Promise<void>;
}

export async function startAttacker(): Promise<Attacker> {
  const issuer = await startIssuer();
  // Behind a proxy, so that what it forwards is read.
  const harness = await createHarness({ env: { ...issuer.env, TRUST_PROXY: '1' } });
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  const traveller = await issuer.token({ sub: 'attacker' });
  const ops = await issuer.token({ sub: 'ops', roles: ['viewer', 'operator', 'admin'] });
  const user = createClient(harness.url, 'attacker', traveller);
  const request = { ...(await user.tripRequest()), consent: { accepted: true, terms: { version: '3' } } };
  const { id } = await user.made<{ id: string }>('/api/trips', request);
  const { booking } = await user.reaches(id, 'BOOKED');
  // From here on nothing moves but what the requests move.
  await harness.stopWorkers();
  const watched = await user.made('/api/trips', { ...request, departureDate: inDays(90) });
  return {
    harness,
    issuer,
    user,
    tokens: { traveller, ops },
    known: [id, watched.id, booking?.id ?? '', request.paymentMethodId, ...request.travelerIds],
    examples: {
      'POST /api/trips': { ...request, allowDuplicate: true },
      'PATCH /api/trips/{id}': {
        consent: request.consent,
        maxPrice: request.maxPrice,
        criteria: { maxStops: 1 },
      },
      'POST /api/travelers': ADA,
    },
    async answered(sent) {
      const { status, type, text } = await send(harness.url, sent);
      if (status >= 500) throw new Error(`${status} ${text}`);
      // Headers above 16 KB are Node's own to refuse.
      if (status >= 400 && status !== 431 && sent.path.startsWith('/api/') && sent.method !== 'HEAD') {
        expect(type).toMatch(/problem\+json/);
        expect(JSON.parse(text)).toMatchObject({ status, detail: expect.any(String) });
      }
      // Node answers 400 and 431 itself where HTTP is broken, without a type.
      if (type && sent.method !== 'HEAD') {
        const body = /json/.test(type) ? JSON.parse(text) : text;
        checkAnswer({ ...sent, status, contentType: type, body });
      }
      return status;
    },
    async stop() {
      await harness.stop();
      issuer.close();
    },
  };
}

function send(url: string, { method, path, headers, body }: Sent) {
  return new Promise<{ status: number; type: string; text: string }>((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sending = httpRequest(url + path, { method, headers: { ...headers, ...length } }, (res) => {
      const type = res.headers['content-type'] ?? '';
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      const done = () => {
        resolve({ status: res.statusCode ?? 0, type, text });
        sending.destroy();
      };
      // A stream of events never ends by itself.
      if (type.startsWith('text/event-stream')) done();
      else res.on('end', done);
    });
    // A request that is never answered is named instead of ending the test.
    sending.setTimeout(20_000, () => sending.destroy(new Error('no answer')));
    sending.on('error', reject).end(body);
  });
}
