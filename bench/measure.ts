/** One way of doing the job; contenders are run in turn, several rounds, so that a slow minute strikes all alike. */
export interface Contender {
  readonly name: string;
  /** Sets the scene, outside the clock. */
  prepare(): Promise<string[]>;
  run(ids: readonly string[]): Promise<unknown>;
}

export interface Figure {
  readonly name: string;
  /** Jobs a second: the median of the rounds, and their extremes. */
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export async function measure(contenders: readonly Contender[], rounds: number): Promise<Figure[]> {
  const rates = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1)
    for (const { name, prepare, run } of contenders) {
      const ids = await prepare();
      const started = performance.now();
      await run(ids);
      rates.get(name)?.push(ids.length / ((performance.now() - started) / 1_000));
    }
  return [...rates].map(([name, values]) => {
    const sorted = values.toSorted((a, b) => a - b);
    const at = (index: number) => Math.round(sorted[index] ?? 0);
    return { name, median: at(Math.floor(sorted.length / 2)), low: at(0), high: at(sorted.length - 1) };
  });
}
