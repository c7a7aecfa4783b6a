import type { Incident, IncidentEntry } from '../../src/services/evidence/incident.ts';
import type { FaultSource, Struck } from '../faults.ts';
import type { Simulated } from '../simulated.ts';
import { cancel, release } from '../traveller.ts';

/** What an incident's entry says, without times and ids: two runs are the same when they say the same. */
export interface Said {
  readonly type: string;
  readonly code: string | null;
  readonly amount: string | null;
}

/** The entries of one attempt, in order. */
export function saidOf(entries: readonly Pick<IncidentEntry, 'type' | 'detail'>[]): Said[] {
  return entries.map(({ type, detail }) => {
    const {
      code = null,
      step = null,
      amount = null,
      total = null,
      price = null,
    } = detail as Record<string, string>;
    return { type, code: code ?? step, amount: amount ?? total ?? price };
  });
}

const STOP_FLAGS = {
  all_stopped: 'auto_booking_disable_all',
  pipeline_off: 'auto_booking_pipeline_enabled',
  user_stopped: 'user_booking_disabled',
} as const;

/** Makes the vendors answer, the flags stand and workers die as they did when the incident was recorded. */
export function scriptOf(incident: Incident): (sim: Simulated) => FaultSource {
  const wanted = new Map<number, Said[]>();
  for (const { number } of incident.attempts)
    wanted.set(number, saidOf(incident.trail.filter(({ attempt }) => attempt === number)));
  return (sim) => (call, _number, attemptId) => {
    const attempt = attemptId ? sim.tables.attempts.get(attemptId) : undefined;
    const script = attempt ? (wanted.get(attempt.number) ?? []) : [];
    const written = sim.tables.audits.filter((entry) => entry.attemptId === attemptId).length;
    const next = script[written];
    const rest = script.slice(written + 1);
    setFare(sim, incident, script, written);
    sim.flagService.stopped = next?.type === 'booking.undoing' ? flagBehind(next.code) : null;
    // It has cancelled before the call arrives: no call arrives in the moment that it leaves.
    if (attempt && next?.type === 'trip.cancelled') void cancel(sim, attempt.tripId);
    if (attempt && next?.type === 'booking.release_requested') void release(sim, attempt.tripId);
    return next ? answerTo(call, next, rest) : null;
  };
}

const flagBehind = (code: string | null) =>
  code && code in STOP_FLAGS ? STOP_FLAGS[code as keyof typeof STOP_FLAGS] : null;

/** The fare that the attempt found; while none is under way, the one that the next will find. */
function setFare(
  sim: Simulated,
  { attempts, trip }: Incident,
  script: readonly Said[],
  written: number,
): void {
  const all = [...sim.tables.attempts.values()];
  const live = all.find(({ status }) => status === 'PENDING');
  const number = live?.number ?? all.length + 1;
  const price = attempts.find((attempt) => attempt.number === number)?.priceMinor ?? trip.capMinor;
  const dearer = script[written]?.type === 'offers.weighed' && script[written + 1]?.code === 'no_longer_fits';
  sim.fareMinor = dearer ? trip.capMinor + 1_000 : price;
}

function answerTo(call: string, next: Said, rest: readonly Said[]): Struck | null {
  const later = (type: string) => rest.some((said) => said.type === type);
  switch (call) {
    case 'payments.authorize':
      if (next.type === 'payment.confirmation_needed') return { kind: 'sca' };
      if (next.type === 'payment.declined')
        return next.code === 'authentication_required' ? { kind: 'sca' } : declined(next.code);
      if (next.type === 'payment.unknown') return { kind: later('payment.authorized') ? 'lost' : 'reset' };
      return null;
    case 'flights.createOrder':
      return orderAnswer(next, later);
    case 'payments.capture':
      if (next.type === 'payment.capture_refused')
        return { kind: 'capture_refused', ...(next.code && { code: next.code }) };
      return next.type === 'booking.moved' ? null : { kind: 'lost' };
    case 'payments.void':
    case 'flights.confirmCancellation':
      return next.type === 'booking.moved' ? null : { kind: 'lost' };
    case 'flights.offer':
      return refusedOffer(next, rest);
    default:
      return null;
  }
}

const declined = (code: string | null): Struck => ({ kind: 'declined', ...(code && { code }) });

/** The offer that was gone when it was read again: its code stands in what was undone then. */
function refusedOffer(next: Said, [compensating]: readonly Said[]): Struck | null {
  const ours = new Set(['no_longer_fits', 'offer_expired']);
  if (next.type !== 'offers.weighed' || !compensating?.code || ours.has(compensating.code)) return null;
  return { kind: 'refused', code: compensating.code };
}

function orderAnswer({ type, code }: Said, later: (type: string) => boolean): Struck | null {
  if (type === 'order.refused') return { kind: 'refused', code: code ?? 'refused' };
  if (type === 'order.delayed') return { kind: 'rate_limit' };
  if (type !== 'order.unknown') return null;
  const made = later('order.adopted');
  if (code === 'worker_lost') return { kind: made ? 'crash_after' : 'crash_before' };
  if (later('booking.reopened')) return { kind: 'order_202_hours' };
  if (code?.startsWith('order_answered_')) return { kind: made ? 'order_202_soon' : 'order_never' };
  if (code === 'order_answer_lost') return { kind: made ? 'lost' : 'reset' };
  return { kind: made ? 'order_5xx_made' : 'order_5xx' };
}
