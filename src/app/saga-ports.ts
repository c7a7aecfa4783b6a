import { createAttemptHistory } from '../db/stores/attempt-history.ts';
import { createAttemptStore } from '../db/stores/attempts.ts';
import { createCancellationStore } from '../db/stores/cancellations.ts';
import { createFuseStore } from '../db/stores/fuse.ts';
import { createNotificationStore } from '../db/stores/notifications.ts';
import { createOwnSearches } from '../db/stores/own-searches.ts';
import { createTripTravelers } from '../db/stores/trip-travelers.ts';
import { createPassengerReader } from '../services/booking/passengers.ts';
import type { BookingPorts, BookingSettings } from '../services/booking/ports.ts';
import type { CancellingPorts, CancellingSettings } from '../services/cancelling/ports.ts';
import { createAlertFuse } from '../services/fuse/alert.ts';
import { orTrouble } from '../services/troubles/index.ts';
import { selectionRules } from '../services/watching/selection-rules.ts';
import type { Base } from './base.ts';

/**
 * How long an order of unknown outcome is waited for at most, in ms. Duffel says that it may take hours to show, and repeats
 * a webhook for 72 hours: an order that was not named by then is not coming. docs/decisions/0017.
 */
const ORDER_LOOKUP_MS = 72 * 3_600_000;
/** It is waited for at least this many order timeouts, however short its authorization lives. */
const ORDER_LOOKUP_TIMEOUTS = 4;
/** Between the first lookups of an order, in ms. */
const ORDER_LOOKUP_INTERVAL_MS = 5_000;
/** A payment of unknown outcome is looked up for longer than the payment SDK's timeout with its retries. */
const PAYMENT_LOOKUP_MS = 70_000;
/**
 * How long a traveller is waited for, in ms: under the least nobody reads a mail and finds their phone, and past the most the fare is
 * better looked for again. Between them the offer's expiry decides. docs/decisions/0033.
 */
const CONFIRMATION_MS = { leastMs: 5 * 60_000, mostMs: 12 * 3_600_000 };

/** The booking saga's ports, on Postgres and the vendors. */
export function createBookingPorts(base: Base, settings: Partial<BookingSettings> = {}): BookingPorts {
  const { config, flags, flights, payments, log, db, claimMs, clock, afterCommit } = base;
  const alerting = {
    fuseStore: createFuseStore(base),
    notifications: createNotificationStore(base),
    clock,
    afterCommit,
  };
  return {
    store: createAttemptStore(db, { claimMs }),
    offers: createOwnSearches(base),
    travelers: createPassengerReader(createTripTravelers(base), base.cipher),
    history: createAttemptHistory(base),
    flights,
    payments,
    flagsOf: ({ userId }) => flags.snapshot(userId),
    alertFuse: createAlertFuse(alerting),
    afterCommit,
    // Each intent checks the fuse in its own transaction: a read here could only be older.
    flags: {
      bookingStop: orTrouble(flags.bookingStop, base.troubles, clock),
      selectionRules: () => selectionRules(flags),
    },
    clock,
    log,
    settings: {
      claimMs,
      schedule: base.schedule,
      fuse: base.fuse,
      orderLookupMs: ORDER_LOOKUP_MS,
      orderLookupLeastMs: ORDER_LOOKUP_TIMEOUTS * config.DUFFEL_ORDER_TIMEOUT_MS,
      orderPollMs: Math.min(ORDER_LOOKUP_INTERVAL_MS, config.DUFFEL_ORDER_TIMEOUT_MS),
      paymentLookupMs: PAYMENT_LOOKUP_MS,
      confirmation: CONFIRMATION_MS,
      ...settings,
    },
  };
}

/** How long an order may read as live after its cancellation, in ms: airlines take up to two minutes. */
const VERIFY_ORDER_MS = 10 * 60_000;
/** How long a pending refund is waited for, in ms: most become final in seconds, the others take days. */
const PENDING_REFUND_MS = 60_000;
/** How long a refund may be missing at the bank before a person is called, in ms. */
const VERIFY_REFUND_MS = 15 * 60_000;

/** The cancelling saga's ports, on Postgres and the vendors. */
export function createCancellingPorts(
  base: Base,
  settings: Partial<CancellingSettings> = {},
): CancellingPorts {
  const { db, claimMs, flags, flights, payments, log, clock, afterCommit } = base;
  return {
    store: createCancellationStore(db, { claimMs }),
    flights,
    payments,
    flagsOf: ({ userId }) => flags.snapshot(userId),
    afterCommit,
    clock,
    log,
    settings: {
      claimMs,
      verifyOrderMs: VERIFY_ORDER_MS,
      refundLookupMs: PAYMENT_LOOKUP_MS,
      pendingRefundMs: PENDING_REFUND_MS,
      verifyRefundMs: VERIFY_REFUND_MS,
      ...settings,
    },
  };
}
