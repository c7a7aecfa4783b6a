import express, { Router } from 'express';
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
}

/** Resend's `POST /emails` with its `Idempotency-Key`: the same key sends once, another body under it is a 409. */
export function resend(world: World, faults: Faults): Resend {
  const emails: Email[] = [];
  const seen = new Map<string, { body: string; id: string }>();
  const op = operation(world, faults);
  const router = Router();
  router.use(express.json({ limit: '5mb' }));

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
      const known = key && seen.get(key);
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
      if (key) seen.set(key, { body, id: email.id });
      return { status: 200, body: { id: email.id } };
    }),
  );
  return { router, emails };
}
