/** What is asked of a server, as fast as it will go. */
export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Sent in turn. */
  readonly requests: readonly Asked[];
}

export interface Asked {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly token?: string;
  readonly body?: unknown;
}

/** What came of it. */
export interface Answered {
  /** Answers a second. */
  readonly rate: number;
  readonly failed: number;
}

/** The load is made by a package of `bench/`; the compiler, which checks the product, does without it. */
export async function load(what: Load): Promise<Answered> {
  const { run } = (await import(new URL('../peers/load.ts', import.meta.url).href)) as {
    run(load: Load): Promise<Answered>;
  };
  return run(what);
}
