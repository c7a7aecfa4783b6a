import { TimeoutStrategy, timeout } from 'cockatiel';
import type { OrderFacts } from '../../domain/attempt.ts';
import { formatMoney } from '../../domain/money.ts';
import type { Offer } from '../../domain/offer.ts';
import { OutcomeUnknown } from '../../errors.ts';
import { describeFailure, orderError } from './errors.ts';
import { toOrder } from './normalize.ts';

/** A traveller as airlines want them. Names are Latin and at most 20 characters, the phone number is E.164. */
export interface Passenger {
  readonly title: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly bornOn: string;
  readonly gender: string;
  readonly email: string;
  readonly phone: string;
}

export interface OrderRequest {
  readonly offer: Offer;
  /** In the order of the offer's passengers. */
  readonly passengers: readonly Passenger[];
  /** Found again by these when the answer is lost. */
  readonly attemptId: string;
  readonly tripId: string;
}

/**
 * Creates an order, once. The only call for which the SDK will not do: it has no deadline, and airlines may take two
 * minutes; it also hides whether an answer was 200, 201 or 202, and only 201 means that there is an order.
 *
 * @param timeoutMs at least 130 000 in production: Duffel's own advice for this call
 * @throws Permanent there is certainly no order · Retryable turned away before it began · OutcomeUnknown settle it
 */
export async function createOrder(
  api: { baseUrl: string; token: string; timeoutMs: number },
  request: OrderRequest,
): Promise<OrderFacts> {
  const post = async ({ signal }: { signal: AbortSignal }) => {
    const response = await fetch(new URL('air/orders', api.baseUrl), {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'duffel-version': 'v2',
        authorization: `Bearer ${api.token}`,
      },
      body: JSON.stringify({ data: orderBody(request) }),
      signal,
    });
    return { response, body: (await response.json()) as unknown };
  };
  const deadline = timeout(api.timeoutMs, { strategy: TimeoutStrategy.Cooperative, abortOnReturn: false });
  const { response, body } = await deadline.execute(post).catch((error: unknown) => {
    throw new OutcomeUnknown('order_answer_lost', 'create order: no readable answer', { cause: error });
  });
  return readOrderAnswer(response.status, body, response.headers.get('ratelimit-reset'));
}

/** What an answer to create-order says. @throws as createOrder does */
export function readOrderAnswer(status: number, body: unknown, reset: string | null): OrderFacts {
  if (status >= 400) throw orderError(describeFailure(status, body, reset));
  const data = (body as { data?: { id?: unknown } }).data;
  if (status === 201 && typeof data?.id === 'string' && data.id.startsWith('ord_'))
    return toOrder(data).facts;
  throw new OutcomeUnknown(`order_answered_${status}`, `create order: answered ${status} without an order`);
}

/** The body of create-order, as Duffel wants it. */
export function orderBody({ offer, passengers, attemptId, tripId }: OrderRequest) {
  return {
    type: 'instant',
    selected_offers: [offer.offerId],
    passengers: offer.passengers.map(({ id }, index) => {
      const passenger = passengers[index] as Passenger;
      return {
        id,
        title: passenger.title,
        given_name: passenger.givenName,
        family_name: passenger.familyName,
        gender: passenger.gender,
        born_on: passenger.bornOn,
        email: passenger.email,
        phone_number: passenger.phone,
      };
    }),
    payments: [{ type: 'balance', ...formatMoney(offer.price) }],
    metadata: { attempt_id: attemptId, trip_id: tripId },
  };
}
