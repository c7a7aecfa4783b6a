import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from '../db/client.ts';
import type { FlightProvider } from '../providers/duffel/index.ts';
import type { PaymentProvider } from '../providers/stripe/index.ts';
import { enqueue } from '../queues/outbox.ts';
import type { Storage } from './deps.ts';

export type WebhookSource = 'stripe' | 'duffel';

/** Ids a webhook names. They say where to look; what is there, the provider says. */
const refsSchema = z.object({
  paymentIntentId: z.string().optional(),
  orderId: z.string().optional(),
  offerId: z.string().optional(),
  attemptId: z.uuid().optional(),
});
type Refs = z.infer<typeof refsSchema>;

const stripeEvent = z.looseObject({
  id: z.string(),
  type: z.string(),
  data: z.object({ object: z.looseObject({ id: z.string().optional() }) }),
});
const duffelEvent = z.looseObject({
  id: z.string(),
  type: z.string(),
  idempotency_key: z.string().optional(),
  data: z.object({ object: z.looseObject({}) }),
});

/**
 * Stores a verified webhook once and asks for a look. The same event again, or the same news under another id, is
 * stored no second time.
 * @param body the parsed JSON, whose signature has been checked
 * @returns false when the body is not an event
 */
export async function receiveWebhook(
  deps: Storage,
  provider: WebhookSource,
  body: unknown,
): Promise<boolean> {
  const event = provider === 'stripe' ? readStripe(body) : readDuffel(body);
  if (!event) return false;
  const { id: eventId, type, dedupeKey, refs } = event;
  await deps.db.transaction().execute(async (trx) => {
    const stored = await trx
      .insertInto('webhookEvents')
      .values({ provider, eventId, type, dedupeKey, refs: JSON.stringify(refs) })
      .onConflict((conflict) => conflict.doNothing())
      .returning('eventId')
      .executeTakeFirst();
    if (stored) await enqueue(trx, 'webhook', { provider, eventId });
  });
  deps.afterCommit();
  return true;
}

interface Event {
  readonly id: string;
  readonly type: string;
  readonly dedupeKey: string;
  readonly refs: Refs;
}

function readStripe(body: unknown): Event | undefined {
  const parsed = stripeEvent.safeParse(body);
  if (!parsed.success) return undefined;
  const { id, type, data } = parsed.data;
  const intent = type.startsWith('payment_intent.') ? data.object.id : data.object.payment_intent;
  const { attempt_id } = (data.object.metadata ?? {}) as { attempt_id?: unknown };
  return { id, type, dedupeKey: id, refs: harmless({ paymentIntentId: intent, attemptId: attempt_id }) };
}

function readDuffel(body: unknown): Event | undefined {
  const parsed = duffelEvent.safeParse(body);
  if (!parsed.success) return undefined;
  const { id, type, idempotency_key, data } = parsed.data;
  const { id: objectId, order_id, offer_id } = data.object as Record<string, unknown>;
  const orderId =
    order_id ?? (typeof objectId === 'string' && objectId.startsWith('ord_') ? objectId : undefined);
  return {
    id,
    type,
    dedupeKey: `${type}:${idempotency_key ?? id}`,
    refs: harmless({ orderId, offerId: offer_id }),
  };
}

/** Keeps the fields that are ids, drops the rest. */
function harmless(fields: Record<string, unknown>): Refs {
  const kept = Object.entries(fields).filter(
    ([key, value]) => refsSchema.safeParse({ [key]: value }).success && value,
  );
  return Object.fromEntries(kept) as Refs;
}

export interface LookDeps extends Storage {
  readonly flights: Pick<FlightProvider, 'order'>;
  readonly payments: Pick<PaymentProvider, 'hold'>;
}

/**
 * Goes and looks at what a webhook named. A live attempt is nudged, and its saga asks the provider itself. An order or
 * a hold that turns up after its attempt was given up is brought back to be undone.
 * @returns what came of it, for the event's row
 */
export async function lookInto(deps: LookDeps, provider: WebhookSource, eventId: string): Promise<string> {
  const { db } = deps;
  const event = await db
    .selectFrom('webhookEvents')
    .select(['refs', 'processedAt'])
    .where('provider', '=', provider)
    .where('eventId', '=', eventId)
    .executeTakeFirst();
  if (!event) return 'unknown_event';
  if (event.processedAt) return 'already_processed';
  const refs = refsSchema.parse(event.refs);
  const attempt = await attemptNamed(db, refs);
  const outcome = attempt ? await handle(deps, attempt, refs, eventId) : 'nobody_of_ours';
  await db
    .updateTable('webhookEvents')
    .set({ processedAt: sql`now()`, outcome })
    .where('provider', '=', provider)
    .where('eventId', '=', eventId)
    .execute();
  deps.afterCommit();
  return outcome;
}

type NamedAttempt = NonNullable<Awaited<ReturnType<typeof attemptNamed>>>;

function attemptNamed(db: Db, { paymentIntentId, orderId, offerId, attemptId }: Refs) {
  const named = Object.entries({ paymentIntentId, orderId, offerId, id: attemptId }).filter(
    ([, value]) => value,
  );
  if (named.length === 0) return undefined;
  return db
    .selectFrom('bookingAttempts')
    .select(['id', 'tripId', 'number', 'status', 'epoch', 'correlationId', 'paymentIntentId', 'orderId'])
    .where((eb) => eb.or(named.map(([column, value]) => eb(column as 'id', '=', value as string))))
    .orderBy('startedAt', 'desc')
    .limit(1)
    .executeTakeFirst();
}

async function handle(deps: LookDeps, attempt: NamedAttempt, refs: Refs, eventId: string): Promise<string> {
  const { id: attemptId, tripId, number, correlationId } = attempt;
  const nudge = () =>
    enqueue(deps.db, 'book', { attemptId, tripId, number, nudge: eventId }, { correlationId });
  if (attempt.status === 'PENDING') {
    await nudge();
    return 'nudged';
  }
  if (attempt.status !== 'FAILED') return 'already_settled';
  const left = await leftBehind(deps, attempt, refs);
  if (!left) return 'nothing_left';
  await deps.db
    .updateTable('bookingAttempts')
    .set({
      status: 'PENDING',
      finishedAt: null,
      leaseUntil: null,
      updatedAt: sql`now()`,
      epoch: sql`epoch + 1`,
      ...left,
    })
    .where('id', '=', attemptId)
    .where('epoch', '=', attempt.epoch)
    .where('status', '=', 'FAILED')
    .execute();
  await nudge();
  return `undoing_${left.step}`;
}

/** What an attempt that was given up still has at a provider, as the provider says. */
async function leftBehind(deps: LookDeps, attempt: NamedAttempt, refs: Refs) {
  if (refs.orderId) {
    const order = await deps.flights.order(refs.orderId);
    if (order.attemptId === attempt.id && !order.cancelled)
      return { step: 'cancel_order' as const, orderId: order.facts.orderId, orderFacts: order.facts };
  }
  if (refs.paymentIntentId) {
    const hold = await deps.payments.hold(refs.paymentIntentId);
    if (hold.attemptId === attempt.id && hold.status === 'held')
      return { step: 'void' as const, paymentIntentId: hold.paymentIntentId };
  }
  return undefined;
}
