import express, { type RequestHandler, Router } from 'express';
import type { Faults } from './faults.ts';
import { operation } from './operation.ts';
import { newId, type World } from './world.ts';

export interface Email {
  id: string;
  at: string;
  from: string;
  to: string[];
  subject: string;
  html: string;
  text: string;
  headers: Record<string, string>;
  tags: { name: string; value: string }[];
  attachments: { filename: string; content: string; content_type?: string }[];
  idempotencyKey: string | null;
}

export interface Resend {
  router: Router;
  emails: Email[];
  /** Requests that were turned away for their number. */
  readonly refused: number;
}

/** Resend forgets keys after 24 hours; then the same key sends a second mail. Source: Resend, "Idempotency keys". */
const KEPT_MS = 24 * 3_600_000;
/** Requests are counted by the second. Source: Resend, "Rate limit". */
const WINDOW_MS = 1_000;

/** Counts requests by the second and says so in the headers, the reset in seconds; too many are a 429. */
function limitRate(world: World, refuse: () => void): RequestHandler {
  let window = { endsAt: 0, used: 0 };
  return (_req, res, next) => {
    const now = world.now();
    if (window.endsAt <= now) window = { endsAt: now + WINDOW_MS, used: 0 };
    window.used += 1;
    const { resendRateLimit: limit } = world.settings;
    const resetS = String(Math.ceil((window.endsAt - now) / 1_000));
    res.set({
      'ratelimit-limit': String(limit),
      'ratelimit-remaining': String(Math.max(0, limit - window.used)),
      'ratelimit-reset': resetS,
    });
    if (window.used <= limit) return next();
    refuse();
    const message = `Too many requests. You can only make ${limit} requests per second.`;
    res
      .set('retry-after', resetS)
      .status(429)
      .json({ name: 'rate_limit_exceeded', message, statusCode: 429 });
  };
}

/** Resend's `POST /emails` with its `Idempotency-Key`: the same key sends once, another body under it is a 409. */
export function resend(world: World, faults: Faults): Resend {
  const emails: Email[] = [];
  let refused = 0;
  const seen = new Map<string, { body: string; id: string; at: number }>();
  const op = operation(world, faults);
  const router = Router();
  router.use(
    express.json({ limit: '5mb' }),
    limitRate(world, () => (refused += 1)),
  );

  router.post(
    '/emails',
    op('resend.emails.send', (req) => {
      if (!/^Bearer re_/.test(req.get('authorization') ?? ''))
        return {
          status: 401,
          body: { name: 'missing_api_key', message: 'Missing API key.', statusCode: 401 },
        };
      const { from, to, subject, html, text, headers, tags, attachments } = req.body ?? {};
      if (!from || !to || !subject)
        return {
          status: 422,
          body: {
            name: 'missing_required_field',
            message: 'from, to and subject are required.',
            statusCode: 422,
          },
        };
      const key = req.get('idempotency-key') ?? null;
      const body = JSON.stringify(req.body);
      const stored = key ? seen.get(key) : undefined;
      const known = stored && world.now() - stored.at < KEPT_MS ? stored : undefined;
      if (known && known.body !== body)
        return {
          status: 409,
          body: { name: 'invalid_idempotent_request', message: 'Same key, other payload.', statusCode: 409 },
        };
      if (known) return { status: 200, body: { id: known.id } };
      const email: Email = {
        id: newId('em'),
        at: world.nowIso(),
        from,
        to: [].concat(to),
        subject,
        html: html ?? '',
        text: text ?? '',
        headers: headers ?? {},
        tags: tags ?? [],
        attachments: attachments ?? [],
        idempotencyKey: key,
      };
      emails.push(email);
      if (key) seen.set(key, { body, id: email.id, at: world.now() });
      return { status: 200, body: { id: email.id } };
    }),
  );
  return {
    router,
    emails,
    get refused() {
      return refused;
    },
  };
}
