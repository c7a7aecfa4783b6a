import express, { Router } from 'express';
import type { World } from './world.ts';

export interface Intake {
  sentry: Router;
  hooks: Router;
  /** Raw envelopes, as Sentry would store them. */
  envelopes: string[];
  alerts: { at: string; body: unknown }[];
}

/** Where error reports and ops alerts end up: a Sentry ingest endpoint and a Slack-compatible incoming webhook. */
export function intake(world: World): Intake {
  const envelopes: string[] = [];
  const alerts: Intake['alerts'] = [];
  const sentry = Router();
  sentry.post('/api/:project/envelope', express.text({ type: () => true, limit: '5mb' }), (req, res) => {
    envelopes.push(String(req.body));
    res.json({});
  });
  const hooks = Router();
  hooks.post('/ops', express.json(), (req, res) => {
    alerts.push({ at: world.nowIso(), body: req.body });
    res.send('ok');
  });
  return { sentry, hooks, envelopes, alerts };
}
