/** Time as a dependency, so that a simulator can bend it. */
export interface Clock {
  now(): Date;
  /** Runs `tick` again and again. @returns what ends it */
  every(ms: number, tick: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => new Date(),
  every(ms, tick) {
    const timer = setInterval(tick, ms);
    return () => clearInterval(timer);
  },
};
