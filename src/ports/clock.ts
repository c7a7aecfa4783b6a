/** Time as a dependency, so that the simulator can run the same code on virtual time. */
export interface Clock {
  now(): Date;
  /** Runs `tick` every `ms` milliseconds. @returns a function that stops it */
  every(ms: number, tick: () => void): () => void;
}
