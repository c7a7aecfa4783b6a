import { STEP_MOVED } from '../../domain/event-types.ts';
import {
  type IntentOutcome,
  type IntentStep,
  intentKey,
  type PastIntent,
  type SagaEvent,
  type Stop,
} from '../../domain/saga.ts';
import type { Outcome, TripTransition } from '../../domain/trip.ts';
import { Fenced } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FuseCheck } from '../../ports/storage/fuse-check.ts';
import type { NotificationRequest } from '../../ports/storage/notifications.ts';
import type { NewIntent, SagaStore, SagaSubject, SagaWrite, WriteResult } from '../../ports/storage/saga.ts';
import type { IntentLog, NextStep, SagaEnd } from './step.ts';

/** What a saga's session needs of the saga and of the outside. */
export interface SessionPorts<Subject extends SagaSubject, Patch, End> {
  readonly store: SagaStore<Subject, Patch, End>;
  readonly clock: Clock;
  readonly settings: {
    /** How long a claim lasts unless renewed, in ms. */
    readonly claimMs: number;
  };
  /** The flags as they stand for the subject's user. */
  readonly flagsOf: (subject: Subject) => Promise<Record<string, boolean>>;
}

/** The saga's own part of a session. */
export interface SessionRules<Subject, Patch = unknown> {
  /** The id under which the subject's intents are keyed. */
  readonly intentsOf: (subject: Subject) => string;
  /**
   * Steps that record an intent, or end the saga: what came of the step before waits for that commit.
   */
  readonly commitWithNext: ReadonlySet<string>;
  /**
   * What a commit asks of the fuse.
   * @param intent the intent about to be recorded; not `fresh` when an earlier run recorded the same
   * @param end what the saga's end changes, when the commit ends it
   */
  readonly fuseCheck?: (
    subject: Subject,
    intent: { readonly step: IntentStep; readonly fresh: boolean } | undefined,
    outcomes: readonly IntentOutcome[],
    end: Pick<SagaEnd<Patch, unknown>, 'patch' | 'events'> | undefined,
  ) => FuseCheck | undefined;
  /** Called when the fuse refused an intent or blew. @returns why nothing may begin, in words for the traveller */
  readonly refused?: (result: WriteResult, subject: Subject) => Promise<Stop | null>;
}

/** A claimed subject in one worker's hands. */
export interface SagaSession<Subject, Step extends string, Patch, End> extends IntentLog<Subject> {
  readonly subject: Subject;
  /** Takes what came of a step. It is committed at once, or together with the intent that follows. */
  advance(subject: Subject, result: NextStep<Step, Patch>): Promise<Subject>;
  finish(subject: Subject, end: SagaEnd<Patch, End>): Promise<void>;
  /** @param waitMs no worker need look sooner, in ms */
  release(subject: Subject, waitMs?: number): Promise<void>;
  /** Stops renewing the claim. */
  close(): void;
}

/** Renewals in a claim's life: two may fail before it lapses. */
const RENEWALS = 3;

/**
 * Claims a subject and keeps the claim alive: one call may outlast it by minutes. While its epoch is the newest no other
 * worker writes the subject's intents, so that what is known of them here is the truth; a write under an older epoch is
 * refused whole.
 *
 * What came of a call waits for the next write, so that an outcome and the next intent are one commit. A worker that dies
 * meanwhile leaves what it would have left by dying a moment sooner: an intent without an outcome, which is looked up.
 *
 * @returns null when the subject is over, or claimed by another worker
 */
export async function openSession<
  Subject extends SagaSubject,
  Step extends string,
  Patch extends object,
  End,
>(
  ports: SessionPorts<Subject, Patch, End>,
  rules: SessionRules<Subject, Patch>,
  id: string,
): Promise<SagaSession<Subject, Step, Patch, End> | null> {
  const { store, clock } = ports;
  const { claimMs } = ports.settings;
  const claim = await store.claim(id);
  if (!claim) return null;
  const now = () => clock.now().getTime();
  const known = new Map<IntentStep, Omit<PastIntent, 'ageMs'> & { at: number }>(
    claim.intents.map(({ ageMs, ...intent }) => [intent.step, { ...intent, at: now() - ageMs }]),
  );
  let pending: NextStep<Step, Patch>[] = [];
  let held = true;
  const stopRenewing = clock.every(claimMs / RENEWALS, () => {
    if (!held) return;
    store.renew(claim.subject).catch((error: unknown) => {
      if (error instanceof Fenced) held = false;
    });
  });

  /** Everything that waited, and `more`, as one write. */
  async function commit(
    subject: Subject,
    more: { intent?: NewIntent; fresh?: boolean; end?: SagaEnd<Patch, End> } = {},
  ): Promise<WriteResult> {
    const results = pending;
    pending = [];
    const { intent, fresh = true, end } = more;
    const write = merged<Step, Patch>(results, end);
    const decided = end !== undefined || results.some(({ events }) => events?.length);
    const fuse = rules.fuseCheck?.(subject, intent && { step: intent.step, fresh }, write.outcomes, end);
    return store.commit(subject, {
      ...write,
      ...(decided && { flags: await ports.flagsOf(subject) }),
      ...(intent && fresh && { intent }),
      ...(fuse && { fuse }),
      ...(end && { end: end.end }),
    });
  }
  /** Lets the saga act on what the fuse said. */
  const checkFuse = async (result: WriteResult, subject: Subject): Promise<Stop | null> =>
    (await rules.refused?.(result, subject)) ?? null;

  return {
    subject: claim.subject,
    findIntent(step) {
      const intent = known.get(step);
      if (!intent) return null;
      const { outcome, tries, orderId = null, pauseMs = null, at } = intent;
      return { outcome, tries, orderId, pauseMs, ageMs: now() - at };
    },
    async recordIntent(subject, step, request, mode) {
      const past = known.get(step);
      const fresh = !past || mode === 'again' || past.outcome === 'not_attempted';
      const tries = past ? past.tries + Number(fresh) : 1;
      const key = intentKey(rules.intentsOf(subject), step, tries);
      const asked = now();
      const result = await commit(subject, { intent: { step, key, tries, request }, fresh });
      // A process that was stopped for a while wakes up between this commit and the call, and no fence is asked there:
      // so the claim's age by the worker's own clock is looked at.
      if (now() - asked >= claimMs)
        throw new Fenced(`${subject.id}: the claim lapsed while the intent was being committed`);
      const stop = await checkFuse(result, subject);
      if (past && !fresh) return { stop, key, fresh, outcome: past.outcome, ageMs: now() - past.at };
      if (!stop) known.set(step, { step, key, tries, outcome: null, at: now() });
      return { stop, key, fresh, outcome: null, ageMs: 0 };
    },
    async advance(subject, result) {
      const { recorded } = result;
      const intent = recorded && known.get(recorded.step);
      if (intent) {
        const { orderId, pauseMs } = (recorded.result ?? {}) as Pick<PastIntent, 'orderId' | 'pauseMs'>;
        known.set(intent.step, { ...intent, outcome: recorded.outcome, orderId, pauseMs });
      }
      pending.push(result);
      if (!rules.commitWithNext.has(result.step) || result.pauseMs !== undefined)
        await checkFuse(await commit(subject), subject);
      return { ...subject, ...result.patch, step: result.step };
    },
    async finish(subject, end) {
      await checkFuse(await commit(subject, { end }), subject);
    },
    async release(subject, waitMs) {
      if (pending.length) await checkFuse(await commit(subject), subject);
      held = false;
      await store.release(subject, waitMs);
    },
    close: stopRenewing,
  };
}

/** The results of several steps as one write. An entry says that a step moved when nothing else does. */
function merged<Step extends string, Patch extends object>(
  results: readonly NextStep<Step, Patch>[],
  end: { patch: Patch; events: readonly SagaEvent[] } | undefined,
): {
  patch: Patch;
  outcomes: SagaWrite<Patch, never>['outcomes'];
  events: readonly SagaEvent[];
  tripOutcome?: Outcome;
  trip?: TripTransition;
  notifications?: readonly NotificationRequest[];
} {
  const last = results.at(-1);
  const decided = results.flatMap(({ events = [] }) => events);
  const moved = last && decided.length === 0 ? [{ type: STEP_MOVED, detail: { step: last.step } }] : decided;
  const tripOutcome = results.findLast((result) => result.tripOutcome)?.tripOutcome;
  const trip = results.findLast((result) => result.trip)?.trip;
  const notifications = results.flatMap((result) => result.notifications ?? []);
  return {
    patch: Object.assign({}, ...results.map(({ step, patch }) => ({ ...patch, step })), end?.patch),
    outcomes: results.flatMap(({ recorded }) => recorded ?? []),
    events: [...moved, ...(end?.events ?? [])],
    ...(tripOutcome && { tripOutcome }),
    ...(trip && { trip }),
    ...(notifications.length > 0 && { notifications }),
  };
}
