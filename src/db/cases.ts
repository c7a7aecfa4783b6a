import { sql } from 'kysely';
import { type CaseMoney, type CaseProposal, type OpenCase, ORDER_CASE_AFTER_MS } from '../domain/case.ts';
import { WAITS_FOR_RESPONSE } from '../domain/dispute.ts';
import type { Db } from './client/index.ts';
import { paidElsewhereOf } from './paid-elsewhere.ts';

/** A case as the statement below answers it. */
interface CaseRow extends Omit<OpenCase, 'order' | 'orderOutcome' | 'money' | 'proposal'>, CaseMoney {
  /** The part of the version that is the row's own. */
  readonly state: string;
  readonly orderId: string | null;
  readonly reference: string | null;
  readonly orderAsked: boolean;
  readonly orderOutcome: string | null;
  readonly proposedBy: string | null;
  readonly proposedAt: Date | null;
  readonly proposal: Omit<CaseProposal, 'by' | 'at'> | null;
}

/**
 * Succeeded refunds of an attempt. A refund under way is not money that came back. The alias is used nowhere else: it would hide
 * the row whose attempt is meant.
 */
const refundedOf = (attempt: string) => sql`
  (select coalesce(sum(succeeded.amount_minor), 0)::bigint from refunds succeeded
   where succeeded.attempt_id = ${sql.ref(attempt)} and succeeded.status = 'succeeded')`;

/** Attempts: those that stopped for a person, and those whose order was not found for too long. */
const attempts = sql`
  select 'attempt' as kind, a.id::text as id, case a.status when 'PENDING' then 'looking-up' else 'e' || a.epoch end as state,
    case a.status when 'PENDING' then 'order_unknown' else coalesce(a.error_code, 'unknown') end as code,
    case a.status when 'PENDING' then 'The airline has not said whether there is an order.'
      else coalesce(a.error_message, '') end as message,
    a.step, case a.status when 'PENDING' then o.intended_at else a.updated_at end as since, a.capture_before as deadline,
    a.trip_id, a.user_id, a.id as attempt_id, a.correlation_id, a.order_id, a.order_facts ->> 'bookingReference' as reference,
    o.step is not null as order_asked, o.outcome as order_outcome, a.offer_id, a.payment_intent_id,
    coalesce(a.unwind ->> 'to' = 'cancelled', false) as cancelled_by_traveller, a.currency,
    case when h.step is null and a.payment_intent_id is null then 0
      when v.outcome = 'released' or c.outcome = 'captured' then 0
      when h.outcome = 'held' then a.amount_minor
      when h.step is null or h.outcome is null or h.outcome = 'unknown' then null else 0 end as reserved_minor,
    case when c.outcome = 'captured' then coalesce((a.order_facts -> 'total' ->> 'minor')::bigint, a.amount_minor)
      when c.step is not null and c.outcome is null then null
      when c.step is null and h.step is null and a.payment_intent_id is not null then null else 0 end as captured_minor,
    ${refundedOf('a.id')} as refunded_minor, a.amount_minor as stake_minor,
    null::bigint as owed_minor, null::text as provider_id, false as cancel_requested
  from booking_attempts a
  left join booking_steps o on o.attempt_id = a.id and o.step = 'order'
  left join booking_steps h on h.attempt_id = a.id and h.step = 'authorize'
  left join booking_steps c on c.attempt_id = a.id and c.step = 'capture'
  left join booking_steps v on v.attempt_id = a.id and v.step = 'void'
  where a.status = 'NEEDS_HUMAN' or (a.status = 'PENDING' and a.step = 'settle'
    and o.intended_at < now() - ${ORDER_CASE_AFTER_MS} * interval '1 millisecond')`;

const cancellations = sql`
  select 'cancellation', c.id::text, 'e' || c.epoch, coalesce(c.error_code, 'unknown'), coalesce(c.error_message, ''),
    c.step, c.updated_at, null::timestamptz, c.trip_id, c.user_id, c.attempt_id, c.correlation_id, b.order_id, b.booking_reference,
    true, 'created', null, b.payment_intent_id, false, b.currency, 0, b.price_minor, ${refundedOf('c.attempt_id')}, b.price_minor,
    null, null, c.step = 'verify_order' or exists (select from booking_steps s where s.attempt_id = c.attempt_id
      and s.step = 'cancel_booking' and s.outcome in ('confirmed', 'unknown'))
  from cancellations c join flight_bookings b on b.id = c.booking_id
  where c.status = 'NEEDS_HUMAN'`;

/**
 * The attempt in whose name the vendor has an orphan may be unknown to us. An order that an attempt has adopted since is none any more:
 * whoever cancelled it here would cancel a traveller's ticket.
 */
const orphans = sql`
  select 'orphan', f.provider_id, 'found', 'orphan_' || f.kind,
    case f.kind when 'order' then 'The airline has an order of ours that no trip accounts for.'
      else 'The payment provider has an authorization or a charge of ours that no trip accounts for.' end,
    f.kind, f.found_at, null::timestamptz, a.trip_id, a.user_id, a.id, a.correlation_id,
    case f.kind when 'order' then f.provider_id end, null, true, null, null,
    case f.kind when 'hold' then f.provider_id end, false, null, null::bigint, null::bigint, null::bigint, null::bigint, null, null, false
  from orphans f
  left join booking_attempts a on a.id = case when f.attempt_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then f.attempt_id::uuid end
  where f.action = 'human' and f.outcome is null
    and not exists (select from booking_attempts b where b.order_id = f.provider_id and b.status <> 'FAILED')`;

/** While a cancellation is under way, its saga sees to what failed. */
const refunds = sql`
  select 'refund', r.id::text, r.status, 'refund_' || r.status,
    'The bank did not take the refund' || coalesce(' (' || r.failure_reason || ')', '') || '.',
    r.status, coalesce(r.settled_at, r.updated_at), null::timestamptz, r.trip_id, r.user_id, r.attempt_id, a.correlation_id,
    a.order_id, a.order_facts ->> 'bookingReference', true, 'created', null, r.payment_intent_id, false, r.currency, 0, null::bigint,
    ${refundedOf('r.attempt_id')}, r.amount_minor,
    case when r.booking_id is null then a.amount_minor
      else (select c.refund_minor from cancellations c where c.booking_id = r.booking_id order by c.number desc limit 1) end,
    r.provider_refund_id, false
  from refunds r join booking_attempts a on a.id = r.attempt_id
  where r.status in ('failed', 'canceled') and r.resolved_at is null
    and not exists (select from cancellations c where c.booking_id = r.booking_id and c.status = 'PENDING')`;

/** A person decides once at each status: an inquiry that was left unanswered is a case again when it becomes a dispute. */
const disputes = sql`
  select 'dispute', d.id::text, d.status, 'dispute_' || d.status, 'The cardholder disputes the payment (' || d.reason || ').',
    d.status, d.opened_at, d.evidence_due_by, d.trip_id, d.user_id, d.attempt_id, null, b.order_id, b.booking_reference,
    true, 'created', null, d.payment_intent_id, false, d.currency, 0, d.amount_minor, ${refundedOf('d.attempt_id')}, d.amount_minor, null, d.provider_dispute_id, false
  from disputes d left join flight_bookings b on b.id = d.booking_id
  where d.closed_at is null and d.status = any (${[...WAITS_FOR_RESPONSE]})
    and not exists (select from case_actions k where k.case_id = d.id::text and starts_with(k.version, d.status || '-'))`;

/** What waits for a person. @param only one case by its id, or all */
export async function openCases(
  db: Db,
  { limit, only = null }: { limit: number; only?: string | null },
): Promise<OpenCase[]> {
  const { rows } = await sql<CaseRow>`
    with waiting as (
      ${attempts} union all ${cancellations} union all ${orphans} union all ${refunds} union all ${disputes}
    ), numbered as (
      select w.*, case when w.kind in ('cancellation', 'refund') then ${paidElsewhereOf('w.attempt_id')} else 0 end as paid_elsewhere_minor,
        w.state || '-' || (select count(*) from case_actions d where d.case_id = w.id) as version from waiting w
      where ${only}::text is null or w.id = ${only}
    )
    select n.*, case when k.taken_version = n.version then k.taken_by end as taken_by,
      case when k.taken_version = n.version then k.taken_at end as taken_at, k.proposed_by, k.proposed_at, k.proposal,
      (select d.action from case_actions d where d.state = 'ACCEPTED' and (d.case_id = n.id
        or n.kind = 'cancellation' and d.case_id in (select f.id::text from refunds f where f.attempt_id = n.attempt_id)) limit 1) as under_way
    from numbered n left join cases k on k.case_id = n.id
    order by n.deadline nulls last, n.since limit ${limit}`.execute(db);
  return rows.map(toCase);
}

function toCase({ state: _, ...row }: CaseRow): OpenCase {
  const {
    orderId,
    reference,
    orderAsked,
    orderOutcome,
    proposal,
    proposedBy: by,
    proposedAt: at,
    ...rest
  } = row;
  const { currency, reservedMinor, capturedMinor, refundedMinor, stakeMinor, ...due } = rest;
  const { owedMinor, paidElsewhereMinor, ...same } = due;
  const known = { currency, reservedMinor, capturedMinor, refundedMinor, stakeMinor };
  return {
    ...same,
    order: orderId === null ? null : { orderId, reference },
    orderOutcome: orderAsked ? orderOutcome : undefined,
    money: { ...known, owedMinor, paidElsewhereMinor },
    proposal: proposal && by && at ? { ...proposal, by, at } : null,
  };
}
