/** Gives back the place of a request that was admitted; calling it again does nothing. */
export type Release = () => void;

/** How many requests are worked on at once, and whose. */
export interface Admission {
  /** @returns undefined when the request must be refused: it would wait, and make others wait */
  enter(client: string): Release | undefined;
  /** Fewer from now on while `pressed`, more again otherwise. Called at a steady pace. */
  adapt(pressed: boolean): void;
  readonly limit: number;
  readonly inFlight: number;
}

/** Under pressure the limit falls fast, and it rises slowly: the additive increase and multiplicative decrease of TCP. */
const DECREASE = 0.75;
const STEPS_TO_RISE = 16;
/** Clients that hold nothing yet are admitted beyond a full limit, up to so many times the limit. */
const HARD_BOUND = 2;

/**
 * A limit on concurrent requests, shared fairly. A client may hold half of it while there is room. When it is full, those who hold
 * less than an equal share are still admitted, and those who hold more are refused: one client that sends hundreds at once
 * shuts out itself, and not the others. Nothing is queued.
 * @param limits.most requests at once without pressure; `least` under the greatest pressure
 */
export function createAdmission({
  least,
  most,
}: {
  readonly least: number;
  readonly most: number;
}): Admission {
  const held = new Map<string, number>();
  let limit = most;
  let inFlight = 0;

  const admits = (own: number): boolean => {
    const clients = held.size + (own === 0 ? 1 : 0);
    const share = Math.max(1, Math.floor(limit / clients));
    if (own < share) return inFlight < limit * HARD_BOUND;
    return inFlight < limit && own < Math.ceil(limit / 2);
  };

  return {
    get limit() {
      return limit;
    },
    get inFlight() {
      return inFlight;
    },
    enter(client) {
      const own = held.get(client) ?? 0;
      if (!admits(own)) return undefined;
      held.set(client, own + 1);
      inFlight += 1;
      let released = false;
      return () => {
        if (released) return;
        released = true;
        inFlight -= 1;
        const left = (held.get(client) ?? 1) - 1;
        if (left > 0) held.set(client, left);
        else held.delete(client);
      };
    },
    adapt(pressed) {
      const next = pressed ? Math.floor(limit * DECREASE) : limit + Math.ceil(most / STEPS_TO_RISE);
      limit = Math.min(most, Math.max(least, next));
    },
  };
}
