import type { RequestHandler } from 'express';
import type { Logger } from '../../ports/log.ts';
import { acceptCorrelation, correlationId, withCorrelation } from '../../telemetry/correlation.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** Gives each request a correlation id, which its jobs, audit entries and mails share; logs and measures the answer. */
export function correlate(deps: { log: Logger; metrics: Metrics }): RequestHandler {
  return (req, res, next) => {
    const started = performance.now();
    const id = acceptCorrelation(req.get('x-correlation-id'));
    res.set('X-Correlation-Id', id);
    res.on('finish', () => {
      const seconds = (performance.now() - started) / 1_000;
      const route = (res.locals.route as string | undefined) ?? 'other';
      deps.metrics.observeHttp(req.method, route, res.statusCode, seconds);
      withCorrelation(id, () =>
        deps.log.info(
          { method: req.method, route, status: res.statusCode, ms: Math.round(seconds * 1_000) },
          'answered',
        ),
      );
    });
    withCorrelation(id, next);
  };
}

/** The correlation id of the request being answered. */
export const currentCorrelation = (): string => correlationId() ?? 'none';
