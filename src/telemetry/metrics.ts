import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface JobMetrics {
  observe(queue: string, job: string, outcome: string, seconds: number): void;
}

export interface Metrics extends JobMetrics {
  readonly registry: Registry;
  observeHttp(method: string, route: string, status: number, seconds: number): void;
  /** Reads a value when the metrics are scraped. */
  gauge(
    name: string,
    help: string,
    labels: string[],
    read: () => Promise<{ labels: Record<string, string>; value: number }[]>,
  ): void;
}

/** Seconds; from a cache hit to the longest order call. */
const BUCKETS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 150];

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
  return {
    registry,
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
