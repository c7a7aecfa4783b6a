import type express from 'express';
import type { World } from '../world.ts';
import { problem } from './errors.ts';

/** Duffel wants a token of its own and its version named. */
export const authenticate: express.RequestHandler = (req, res, next) => {
  const reply = !/^Bearer duffel_(test|live)_/.test(req.get('authorization') ?? '')
    ? problem(401, 'authentication_error', 'access_token_not_found', 'The access token is not valid.')
    : req.get('duffel-version') !== 'v2'
      ? problem(400, 'invalid_request_error', 'unsupported_version', 'Set Duffel-Version to v2.')
      : undefined;
  if (reply) return void res.status(reply.status).json(reply.body);
  next();
};

/** Counts requests per token and minute and says so in the headers; the reset is a date, as at Duffel. */
export function limitRate(world: World): express.RequestHandler {
  const windows = new Map<string, { resetAt: number; used: number }>();
  return (req, res, next) => {
    const token = req.get('authorization') ?? '';
    let window = windows.get(token);
    if (!window || window.resetAt <= world.now()) {
      window = { resetAt: world.now() + world.settings.duffelWindowMs, used: 0 };
      windows.set(token, window);
    }
    window.used += 1;
    const { duffelRateLimit: limit } = world.settings;
    res.set({
      'ratelimit-limit': String(limit),
      'ratelimit-remaining': String(Math.max(0, limit - window.used)),
      'ratelimit-reset': new Date(window.resetAt).toUTCString(),
    });
    if (window.used <= limit) return next();
    const reply = problem(429, 'rate_limit_error', 'rate_limit_exceeded', 'Too many requests.');
    res.status(reply.status).json(reply.body);
  };
}
