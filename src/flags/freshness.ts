/** What is asked of a flag service besides its stream. */
export interface FlagSource {
  /**
   * Asks the service itself for its flags, past the stream.
   * @returns whether ours are as new
   * @throws Error when it does not answer
   */
  isCurrent(): Promise<boolean>;
}

/** Whether the flags that this process has may be believed. */
export interface Freshness {
  /** Asks the service, unless it was asked just now. Called before new money moves; it never throws. */
  confirm(): Promise<void>;
  /** False once ours are known to be old, or the service did not answer for too long. */
  live(): boolean;
  /** Milliseconds since the service last said that ours are current; Infinity before the first time. */
  ageMs(): number;
}

/** A flag thrown since the last answer is not known yet: with the ask itself it is within the two seconds of a kill switch. */
const ASK_AGAIN_MS = 1_000;
/** A service that does not answer is forgiven for this long: a routine reconnect takes 1 to 2 s. */
const FORGIVEN_MS = 10_000;

/**
 * A stream that says nothing may be a quiet one or a dead one: after a network partition no byte and no reset arrive, the SDK
 * waits for five minutes, and a kill switch thrown meanwhile is not heard. So silence proves nothing, and the service is asked.
 * @param now in ms
 */
export function createFreshness(source: FlagSource, now: () => number): Freshness {
  let askedAt = Number.NEGATIVE_INFINITY;
  let provenAt = Number.NEGATIVE_INFINITY;
  let behind = false;
  let asking: Promise<void> | null = null;

  async function ask(): Promise<void> {
    askedAt = now();
    const since = askedAt;
    try {
      const current = await source.isCurrent();
      behind = !current;
      if (current) provenAt = since;
    } catch {
      // What was proven grows old. Who asks next does not wait for the same silence at once.
      askedAt = now();
    } finally {
      asking = null;
    }
  }
  const ageMs = () => now() - provenAt;
  return {
    async confirm() {
      if (asking) await asking;
      if (now() - askedAt < ASK_AGAIN_MS) return;
      asking ??= ask();
      await asking;
    },
    live: () => !behind && ageMs() < FORGIVEN_MS,
    ageMs,
  };
}
