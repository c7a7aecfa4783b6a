import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface JobMetrics {
  observe(queue: string, job: string, outcome: string, seconds: number): void;
}

export interface Metrics extends JobMetrics {
  readonly registry: Registry;
  /** What /metrics answers: read at most once in five seconds, however many ask. */
  exposition(): Promise<string>;
  /** Counts a row of a vendor's list that could not be read. */
  unreadableRow(vendor: string, what: string): void;
  /** Counts a request that was refused because too many were being answered. */
  shed(cost: string): void;
  observeHttp(method: string, route: string, status: number, seconds: number): void;
  /** Reads a value when the metrics are scraped. */
  gauge(
    name: string,
    help: string,
    labels: string[],
    read: () => Promise<{ labels: Record<string, string>; value: number }[]>,
  ): void;
}

/** Buckets in seconds, from a cache hit to the longest order call. */
const BUCKETS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 150];

/** Gauges ask Postgres and every queue. Prometheus asks every 15 s or more. In ms. */
export const READ_EVERY_MS = 5_000;

/** Runs `read` at most once in `forMs`; whoever asks meanwhile gets the same answer. A failed one is not kept. */
export function shared<T>(read: () => Promise<T>, forMs: number): () => Promise<T> {
  let last: { readonly at: number; readonly answer: Promise<T> } | undefined;
  return () => {
    if (last && performance.now() - last.at < forMs) return last.answer;
    const answer = read();
    const mine = { at: performance.now(), answer };
    last = mine;
    answer.catch(() => {
      if (last === mine) last = undefined;
    });
    return answer;
  };
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const jobSeconds = new Histogram({
    name: 'parker_job_seconds',
    help: 'Run time of jobs by outcome.',
    labelNames: ['queue', 'job', 'outcome'],
    buckets: BUCKETS,
    registers: [registry],
  });
  const httpSeconds = new Histogram({
    name: 'parker_http_seconds',
    help: 'Time to answer by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers: [registry],
  });
  const scrapeErrors = new Counter({
    name: 'parker_scrape_errors_total',
    help: 'Values that could not be read for a scrape.',
    registers: [registry],
  });
  const unreadableRows = new Counter({
    name: 'parker_unreadable_rows_total',
    help: "Rows of vendors' lists that were skipped because they could not be read.",
    labelNames: ['vendor', 'what'],
    registers: [registry],
  });
  const shedRequests = new Counter({
    name: 'parker_http_shed_total',
    help: 'Requests refused with 503 because too many were being answered.',
    labelNames: ['cost'],
    registers: [registry],
  });
  return {
    registry,
    shed: (cost) => shedRequests.inc({ cost }),
    exposition: shared(() => registry.metrics(), READ_EVERY_MS),
    unreadableRow: (vendor, what) => unreadableRows.inc({ vendor, what }),
    observe: (queue, job, outcome, seconds) => jobSeconds.observe({ queue, job, outcome }, seconds),
    observeHttp: (method, route, status, seconds) =>
      httpSeconds.observe({ method, route, status: String(status) }, seconds),
    gauge(name, help, labelNames, read) {
      new Gauge({
        name,
        help,
        labelNames,
        registers: [registry],
        async collect() {
          try {
            this.reset();
            for (const { labels, value } of await read()) this.set(labels, value);
          } catch {
            scrapeErrors.inc();
          }
        },
      });
    },
  };
}
