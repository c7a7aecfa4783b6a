import { TimeoutStrategy, timeout } from 'cockatiel';
import { formatMoney } from '../../domain/money.ts';
import type { Passenger } from '../../domain/passenger.ts';
import { OutcomeUnknown } from '../../errors.ts';
import type { MadeOrder, OrderRequest } from '../../ports/flights.ts';
import { metadataOf } from '../deployment.ts';
import { classifyOrderError, describeFailure } from './errors.ts';
import { readOrder, withoutTravelers } from './normalise-order.ts';

/**
 * Creates an order, once. The SDK is not used: it has no deadline, and airlines may take two minutes; it also hides
 * whether an answer was 200, 201 or 202, and only 201 means that there is an order.
 *
 * @param api.timeoutMs at least 130 000 in production: Duffel's own advice for this call
 * @throws OrderRefused there is certainly no order · Retryable turned away before it began · OutcomeUnknown look it up
 */
export async function createOrder(
  api: { baseUrl: string; token: string; timeoutMs: number; deployment: string },
  request: OrderRequest,
): Promise<MadeOrder> {
  const post = async ({ signal }: { signal: AbortSignal }) => {
    const response = await fetch(new URL('air/orders', api.baseUrl), {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'duffel-version': 'v2',
        authorization: `Bearer ${api.token}`,
      },
      body: JSON.stringify({ data: orderBody(request, api.deployment) }),
      signal,
    });
    return { response, body: (await response.json()) as unknown };
  };
  const deadline = timeout(api.timeoutMs, { strategy: TimeoutStrategy.Cooperative, abortOnReturn: false });
  const { response, body } = await deadline.execute(post).catch((error: unknown) => {
    throw new OutcomeUnknown('order_answer_lost', 'create order: no readable answer', { cause: error });
  });
  const { status, headers } = response;
  return readOrderAnswer({ status, body, reset: headers.get('ratelimit-reset') }, api.deployment);
}

/** What an answer to create-order says. A success that can't be read names its order. @throws as createOrder does */
export function readOrderAnswer(
  { status, body, reset }: { status: number; body: unknown; reset: string | null },
  deployment: string,
): MadeOrder {
  if (status >= 400) throw classifyOrderError(describeFailure(status, body, reset));
  const data = (body as { data?: { id?: unknown } } | null)?.data;
  const id = status === 201 && typeof data?.id === 'string' && data.id.startsWith('ord_') ? data.id : null;
  if (id === null)
    throw new OutcomeUnknown(`order_answered_${status}`, `create order: answered ${status} without an order`);
  const answer = withoutTravelers(data);
  const reading = readOrder(data, deployment);
  if ('row' in reading) return { ...reading.row.facts, answer };
  throw new OutcomeUnknown('unreadable_order', `create order: the order lacks ${reading.unreadable.field}`, {
    found: { id, answer },
  });
}

/** The body of create-order, as Duffel wants it. */
export function orderBody({ offer, passengers, attemptId, tripId }: OrderRequest, deployment: string) {
  const infantOf = lapsOf(offer.passengers);
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
        ...infantOf(id),
        ...(offer.documentsRequired && documentsOf(passenger)),
      };
    }),
    payments: [{ type: 'balance', ...formatMoney(offer.price) }],
    metadata: metadataOf(deployment, { attempt_id: attemptId, trip_id: tripId }),
  };
}

/** One document each at most, and none where none is needed. Source: Duffel, "Create an order", `identity_documents`. */
function documentsOf({ identityDocument }: Passenger) {
  if (!identityDocument) return {};
  const { type, number, issuingCountry, expiresOn } = identityDocument;
  return {
    identity_documents: [
      { type, unique_identifier: number, issuing_country_code: issuingCountry, expires_on: expiresOn },
    ],
  };
}

/** Which adult holds which infant: one each, in the order of the offer. */
function lapsOf(passengers: OrderRequest['offer']['passengers']) {
  const infants = passengers.filter(({ type }) => type === 'infant_without_seat');
  const adults = passengers.filter(({ age, type }) => age === null && type === 'adult');
  const infantOf = new Map(infants.map((infant, index) => [adults[index]?.id, infant.id]));
  return (id: string): { infant_passenger_id?: string } => {
    const infant = infantOf.get(id);
    return infant ? { infant_passenger_id: infant } : {};
  };
}
