import { codeOf, Fenced, Permanent, Retryable, StorageUnavailable } from '../../errors.ts';
import type { Logger } from '../../ports/log.ts';
import type { SagaSubject } from '../../ports/storage/saga.ts';
import { openSession, type SagaSession, type SessionPorts, type SessionRules } from './session.ts';
import type { IntentLog, SagaEnd, StepResult } from './step.ts';

/** What every saga needs of the outside. */
export interface CommonSagaPorts<Subject extends SagaSubject, Patch, End>
  extends SessionPorts<Subject, Patch, End> {
  readonly log: Logger;
  /** Called after a commit that may have left jobs in the outbox. */
  readonly afterCommit: () => void;
}

/** A step sees the subject it works on, and its storage only through the session. */
export type StepPorts<Subject, Ports> = Omit<Ports, 'store'> & { readonly session: IntentLog<Subject> };

/** A saga: its steps by name, and what its end means for everything around the subject. */
export interface Saga<
  Subject extends SagaSubject,
  Patch extends object,
  Outcome,
  End,
  Ports extends CommonSagaPorts<Subject, Patch, End>,
> {
  /** For the log: which kind of saga. */
  readonly name: string;
  readonly steps: Readonly<
    Record<
      Exclude<Subject['step'], 'done'>,
      (
        ports: StepPorts<Subject, Ports>,
        subject: Subject,
      ) => Promise<StepResult<Subject['step'], Patch, Outcome>>
    >
  >;
  /** The session's rules, given the saga's ports. */
  readonly rules: (ports: Ports) => SessionRules<Subject, Patch>;
  readonly endOf: (subject: Subject, outcome: Outcome, ports: Ports) => SagaEnd<Patch, End>;
}

/** How a run of a saga ended, for the job that asked for it. */
export type SagaResult =
  | { readonly kind: 'over' }
  | { readonly kind: 'not_ours'; readonly why: string }
  | { readonly kind: 'later'; readonly ms: number; readonly why: string };

/** First wait after an error that may pass; it doubles up to the longest. */
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/**
 * Takes a subject from its current step as far as it will go. Any worker may call it, any number of times: the claim
 * decides who runs, and every write is fenced by the claim's epoch. Nothing a step throws ends the saga.
 * @param options.signal aborted when the worker must stop: the subject is released between two steps
 * @param options.tries how often this run was started before, to space out retries
 */
export async function runSaga<
  Subject extends SagaSubject,
  Patch extends object,
  Outcome,
  End,
  Ports extends CommonSagaPorts<Subject, Patch, End>,
>(
  saga: Saga<Subject, Patch, Outcome, End, Ports>,
  ports: Ports,
  id: string,
  options: { signal: AbortSignal; tries: number },
): Promise<SagaResult> {
  type Step = Subject['step'];
  const session = await openSession<Subject, Step, Patch, End>(ports, saga.rules(ports), id);
  if (!session) return { kind: 'not_ours', why: 'over, or claimed by another worker' };
  const stepPorts: StepPorts<Subject, Ports> = { ...ports, session };
  let { subject } = session;
  const later = async (ms: number, why: string, waitMs?: number): Promise<SagaResult> => {
    await release(session, subject, ports.log, waitMs);
    return { kind: 'later', ms, why };
  };
  try {
    while (subject.step !== 'done') {
      if (options.signal.aborted) return await later(0, 'the worker is stopping');
      const result = await saga.steps[subject.step as Exclude<Step, 'done'>](stepPorts, subject);
      if (result.kind === 'wait') return await later(result.ms, result.why, result.ms);
      if (result.kind === 'finish') {
        await session.finish(subject, saga.endOf(subject, result.outcome, ports));
        ports.afterCommit();
        return { kind: 'over' };
      }
      subject = await session.advance(subject, result);
      if (result.pauseMs !== undefined) return await later(result.pauseMs, 'asked to wait');
    }
    return { kind: 'over' };
  } catch (error) {
    if (error instanceof Fenced) return { kind: 'not_ours', why: 'another worker took over' };
    const { ms, why } = afterError(saga.name, subject, ports.log, error, options.tries);
    return await later(ms, why);
  } finally {
    session.close();
  }
}

/** A step that failed is run again; past its deadline the next step compensates. */
function afterError(
  saga: string,
  { id, step }: SagaSubject,
  log: Logger,
  error: unknown,
  tries: number,
): { ms: number; why: string } {
  const fields = { saga, id, step, code: codeOf(error) };
  if (error instanceof Retryable || error instanceof StorageUnavailable)
    log.info(fields, 'the step will be tried again');
  else log.error({ ...fields, err: error }, 'unexpected error in a step');
  const backoff = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(tries, 10));
  // What a vendor states is the least wait; stated again and again, it is no reason to ask faster than after any other error.
  const ms = Math.max(backoff, (error instanceof Retryable && error.retryAfterMs) || 0);
  const why = error instanceof Permanent ? `refused: ${error.code}` : codeOf(error);
  return { ms, why };
}

async function release<Subject extends SagaSubject, Step extends string, Patch, End>(
  session: SagaSession<Subject, Step, Patch, End>,
  subject: Subject,
  log: Logger,
  waitMs: number | undefined,
): Promise<void> {
  try {
    await session.release(subject, waitMs);
  } catch (error) {
    if (!(error instanceof Fenced))
      log.warn({ id: subject.id, err: error }, 'could not release the claim; it lapses by itself');
  }
}
