/** Jobs that every contender works at a time; a worker of ours holds up to 250 bookings. */
export const AT_ONCE = 64;

/** One way of doing the job; contenders are run in turn, several rounds, so that a slow minute strikes all alike. */
export interface Contender {
  readonly name: string;
  /** Sets the scene, outside the clock. @returns what is to be done */
  prepare(count: number): Promise<readonly string[]>;
  /** Resolves once all of it is done for good. */
  run(ids: readonly string[]): Promise<unknown>;
  close?(): Promise<void>;
}

export interface Figure {
  readonly name: string;
  /** Jobs a second: the median of the rounds, and their extremes. */
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Each contender in turn, `rounds` times, after one round that only warms up. */
export async function measure(
  contenders: readonly Contender[],
  { rounds, count }: { rounds: number; count: number },
): Promise<Figure[]> {
  const rates = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round += 1)
    for (const { name, prepare, run } of contenders) {
      const ids = await prepare(round === 0 ? Math.ceil(count / 5) : count);
      const started = performance.now();
      await run(ids);
      const rate = ids.length / ((performance.now() - started) / 1_000);
      if (round > 0) rates.get(name)?.push(rate);
    }
  return [...rates].map(([name, values]) => ({ name, ...spread(values) }));
}

export function spread(values: readonly number[]): { median: number; low: number; high: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => Math.round(sorted[index] ?? 0);
  return { median: at(Math.floor(sorted.length / 2)), low: at(0), high: at(sorted.length - 1) };
}

/** @param share 0.99 for the 99th percentile */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
