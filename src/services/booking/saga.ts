import type { Attempt, StepName } from '../../domain/attempt.ts';
import { codeOf, Fenced, Permanent, Retryable } from '../../errors.ts';
import { type Claimed, hold } from './claimed.ts';
import type { SagaPorts, Step } from './ports.ts';
import { run as authorize, undoAuthorize } from './steps/authorize.ts';
import { run as capture } from './steps/capture.ts';
import { run as confirm } from './steps/confirm.ts';
import { run as order, undoOrder } from './steps/order.ts';
import { run as reprice } from './steps/reprice.ts';
import { run as settle } from './steps/settle.ts';

/** Where an attempt stands decides what comes next; see docs/state-machines.md for the picture. */
const STEPS: Record<Exclude<StepName, 'done'>, Step> = {
  reprice,
  authorize,
  order,
  settle,
  capture,
  confirm,
  cancel_order: undoOrder,
  void: undoAuthorize,
};

/** How a run of the saga ended, for whoever asked for it. */
export type SagaResult =
  | { readonly kind: 'over' }
  | { readonly kind: 'not_ours'; readonly why: string }
  | { readonly kind: 'later'; readonly ms: number; readonly why: string };

/** First wait after an error that may pass; it doubles up to the longest. */
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/**
 * Takes an attempt from where it stands as far as it will go. Any worker may call it, any number of times: a claim
 * decides who runs, and every write is fenced by the claim's epoch.
 * @param options.signal set when the worker must stop: the attempt is handed over between two steps
 * @param options.tries how often this run was begun before, to space out retries
 */
export async function runAttempt(
  ports: SagaPorts,
  attemptId: string,
  options: { signal: AbortSignal; tries: number },
): Promise<SagaResult> {
  const claim = await ports.store.claim(attemptId);
  if (!claim) return { kind: 'not_ours', why: 'over, or in other hands' };
  let { attempt }: { attempt: Attempt } = claim;
  const claimed = hold(ports.store, claim, ports.clock);
  const stepPorts = { ...ports, store: claimed };
  const handOver = (ms: number, why: string) => giveBack(ports, claimed, attempt, ms, why);
  try {
    while (attempt.step !== 'done') {
      if (options.signal.aborted) return await handOver(0, 'the worker is stopping');
      const move = await STEPS[attempt.step](stepPorts, attempt);
      if (move.kind === 'finish') {
        await claimed.finish(attempt, move.ending);
        return { kind: 'over' };
      }
      if (move.kind === 'wait') return await handOver(move.ms, move.why);
      attempt = await claimed.move(attempt, move);
      if (move.pauseMs) return await handOver(move.pauseMs, 'asked to wait');
    }
    return { kind: 'over' };
  } catch (error) {
    if (error instanceof Fenced) return { kind: 'not_ours', why: 'another worker took over' };
    const { ms, why } = afterError(ports, attempt, error, options.tries);
    return handOver(ms, why);
  }
}

/** Nothing a step throws ends an attempt: it is tried again, and past its deadline the next step turns it round. */
function afterError(
  ports: SagaPorts,
  attempt: Attempt,
  error: unknown,
  tries: number,
): { ms: number; why: string } {
  const context = { attemptId: attempt.id, step: attempt.step, code: codeOf(error) };
  if (error instanceof Retryable) ports.log.info(context, 'the step will be tried again');
  else ports.log.error({ ...context, err: error }, 'the step failed in a way nobody foresaw');
  const backoff = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(tries, 10));
  const ms = (error instanceof Retryable ? error.retryAfterMs : undefined) ?? backoff;
  const why = error instanceof Permanent ? `refused: ${error.code}` : codeOf(error);
  return { ms, why };
}

async function giveBack(
  ports: SagaPorts,
  claimed: Claimed,
  attempt: Attempt,
  ms: number,
  why: string,
): Promise<SagaResult> {
  try {
    await claimed.release(attempt);
  } catch (error) {
    if (!(error instanceof Fenced))
      ports.log.warn({ attemptId: attempt.id, err: error }, 'the claim will lapse by itself');
  }
  return { kind: 'later', ms, why };
}
