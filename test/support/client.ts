import { ADA } from '../../scripts/support/ada.ts';
import { checkAnswer } from './documented.ts';
import { until } from './until.ts';

export interface Reply<T = any> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

export interface TripBody {
  id: string;
  status: string;
  autoBook: boolean;
  outcome: { code: string; message: string; confirmBy?: string };
  bestPrice: { amount: string; currency: string } | null;
  nextCheckAt: string | null;
  booking?: {
    id: string;
    bookingReference: string;
    orderId: string;
    ticketNumbers: string[];
    price: { amount: string; currency: string };
  };
}

/** A date `days` from now, `yyyy-mm-dd`. */
export const inDays = (days: number): string =>
  new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/**
 * One signed-in user, speaking to the API as an app would. Every answer is held to the OpenAPI document.
 * @param backlog what the failure of a wait says about the queues
 */
export function createClient(
  baseUrl: string,
  sub: string,
  token: string | null,
  backlog: () => Promise<string> = async () => '',
) {
  async function call<T = any>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply<T>> {
    const response = await fetch(baseUrl + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '');
    const reply = {
      status: response.status,
      body: (json && text ? JSON.parse(text) : text) as T,
      headers: response.headers,
    };
    const contentType = response.headers.get('content-type');
    checkAnswer({ method, path, contentType, ...reply });
    return reply;
  }

  async function made<T = { id: string }>(
    path: string,
    body: unknown,
    headers?: Record<string, string>,
  ): Promise<T> {
    const reply = await call(`POST`, path, body, headers);
    if (reply.status >= 300)
      throw new Error(`POST ${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
    return reply.body as T;
  }

  const client = {
    sub,
    token,
    call,
    made,
    traveler: async (changes = {}) => (await made('/api/travelers', { ...ADA, ...changes })).id,
    card: async (paymentMethodId = 'pm_card_visa') =>
      (await made('/api/payment-methods', { paymentMethodId })).id,

    /** A traveller, a card and a request that buys on its own at up to 420.00 GBP. */
    async tripRequest(changes: Record<string, unknown> = {}, card?: string) {
      const [travelerId, paymentMethodId] = [await client.traveler(), await client.card(card)];
      return {
        origin: 'LHR',
        destination: 'JFK',
        departureDate: inDays(60),
        cabin: 'economy',
        travelerIds: [travelerId],
        maxPrice: { amount: '420.00', currency: 'GBP' },
        autoBook: true,
        paymentMethodId,
        consent: true,
        ...changes,
      };
    },
    async trip(changes: Record<string, unknown> = {}, card?: string): Promise<TripBody> {
      return made<TripBody>('/api/trips', await client.tripRequest(changes, card));
    },
    read: async (id: string): Promise<TripBody> => (await call('GET', `/api/trips/${id}`)).body,
    timeline: async (
      id: string,
    ): Promise<{ id: number; type: string; detail: any; correlationId: string | null }[]> =>
      (await call('GET', `/api/trips/${id}/timeline`)).body.data,

    /** Waits for a status, or for an outcome's code. */
    async reaches(id: string, wanted: string, timeoutMs?: number): Promise<TripBody> {
      let last: TripBody | undefined;
      const seen = await until(
        `trip to be ${wanted}`,
        async () => {
          last = await client.read(id);
          return (last.status === wanted || last.outcome.code === wanted) && last;
        },
        timeoutMs,
      ).catch(async (error: Error) => {
        const timeline = (await client.timeline(id)).map((entry) => entry.type).join(' → ');
        const where = `it is ${last?.status}/${last?.outcome.code} after ${timeline}`;
        throw new Error(`${error.message}; ${where}\n${await backlog()}`);
      });
      return seen;
    },
  };
  return client;
}

export type Client = ReturnType<typeof createClient>;
