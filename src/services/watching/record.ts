import type { LimitReached } from '../../domain/authorization-limits.ts';
import { type FareNews, fareNews } from '../../domain/fare-news.ts';
import { formatMoney, type Money, moneyText } from '../../domain/money.ts';
import type { Offer } from '../../domain/offer.ts';
import type { AttemptStart } from '../../ports/storage/attempts.ts';
import type { AuditEntry } from '../../ports/storage/audit.ts';
import type { NotificationRequest } from '../../ports/storage/notifications.ts';
import type { NotifiedFareChange, TripCheck } from '../../ports/storage/watch.ts';
import { AUTHORIZATION_LIMIT, limitMailKey } from '../booking/authorization-limit.ts';
import { attemptStart } from '../booking/start.ts';
import { opsAlert } from '../notifications/ops-alert.ts';
import { notificationRequest } from '../notifications/request.ts';
import { type Decision, fitsText } from './decide.ts';

/** A decision to watch on, as it is stored. The audit log gets an entry when the traveller reads something new. */
export function checkOf(
  decision: Decision,
  at: { readonly searchKey: string; readonly now: Date },
): TripCheck {
  const { trip, outcome, best } = decision;
  const isNew = trip.outcome.message !== outcome.message;
  return {
    tripId: trip.id,
    outcome,
    bestPrice: best,
    audit: isNew ? searchCompleted(decision) : null,
    notifications: decision.limit ? limitReached(decision, decision.limit) : documentsNeeded(decision),
    notifiedFare: trip.autoBookEnabled ? null : notifiedFareChange(decision, at),
  };
}

/** A decision to book this offer, as it is stored: the check, and the attempt that it starts. */
export function attemptOf(
  decision: Decision,
  { offerId, price }: Offer,
  { now, flags }: { now: Date; flags: Record<string, boolean> },
): { check: TripCheck; start: AttemptStart } {
  const { trip, outcome, best } = decision;
  const { id: tripId, userId, correlationId } = trip;
  const audit = { ...searchCompleted(decision), flags };
  return {
    check: { tripId, outcome, bestPrice: best, audit, notifications: [], notifiedFare: null },
    start: attemptStart({
      tripId,
      userId,
      correlationId,
      now,
      wantedFare: null,
      selectedOfferId: offerId,
      actor: 'worker',
      flags,
      detail: { by: 'watch', offerId, price: moneyText(price) },
    }),
  };
}

function searchCompleted({ trip, outcome, best, selection, record }: Decision): AuditEntry {
  const fitting = selection.verdicts.filter((verdict) => verdict.objections.length === 0).length;
  return {
    userId: trip.userId,
    tripId: trip.id,
    type: 'search.completed',
    detail: {
      outcome: outcome.code,
      offers: selection.verdicts.length,
      fitting,
      ...(best && { bestPrice: formatMoney(best) }),
    },
    evidence: record,
    actor: 'worker',
    correlationId: trip.correlationId,
  };
}

/** What is told of the fare to a traveller who books by hand; null when nothing changes. */
function notifiedFareChange(
  { trip, selection }: Decision,
  { searchKey, now }: Parameters<typeof checkOf>[1],
): NotifiedFareChange | null {
  const { id: tripId, userId, correlationId, notifiedFare: before, mandate } = trip;
  const { chosen } = selection;
  const { news, notified: after } = fareNews(
    before,
    { searchKey, fare: chosen?.price ?? null, mandate },
    now,
  );
  if (!after) return null;
  if (!news || !chosen) return { before, after, notification: null };
  const notification = notificationRequest({
    userId,
    tripId,
    kind: 'price_change',
    dedupeKey: `notified_fare:${tripId}:${after.version}`,
    data: { code: 'fits', news, message: NEWS[news](chosen, before?.price) },
    correlationId,
  });
  return { before, after, notification };
}

/** What the traveller reads of the fare. */
const NEWS: Readonly<Record<FareNews, (offer: Offer, last?: Money) => string>> = {
  fits: fitsText,
  back: ({ price, airlineName }) => `A fare that fits is back: ${moneyText(price)} with ${airlineName}.`,
  fell: ({ price, airlineName }, last = price) =>
    `The fare fell from ${moneyText(last)} to ${moneyText(price)}, with ${airlineName}.`,
};

/** The traveller hears once that passports are missing, and of each change in what is missing. */
function documentsNeeded({ trip, outcome }: Decision): NotificationRequest[] {
  const { id: tripId, userId, correlationId } = trip;
  if (outcome.code !== 'documents_needed') return [];
  return [
    notificationRequest({
      tripId,
      userId,
      correlationId,
      kind: 'action_needed',
      dedupeKey: `documents_needed:${tripId}:${outcome.message}`,
      data: { ...outcome },
    }),
  ];
}

/** The traveller hears of it once, ops once for each time that a limit is reached. */
function limitReached({ trip, outcome }: Decision, { limit, until }: LimitReached): NotificationRequest[] {
  const { id: tripId, userId, correlationId } = trip;
  const about = { tripId, userId, correlationId };
  const { code } = outcome;
  const message = `A card is not tried again until ${until.toISOString()}: the limit ${limit} is reached, and no ticket came of it.`;
  return [
    notificationRequest({
      ...about,
      kind: 'action_needed',
      dedupeKey: limitMailKey(tripId),
      data: { ...outcome },
    }),
    opsAlert({
      kind: AUTHORIZATION_LIMIT,
      message,
      about,
      dedupe: `${tripId}:${code}:${until.toISOString()}`,
    }),
  ];
}
