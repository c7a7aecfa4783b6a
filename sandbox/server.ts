import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { auth } from './auth.ts';
import { control, type Parts } from './control.ts';
import { duffel } from './duffel/index.ts';
import { Faults } from './faults.ts';
import { intake } from './intake.ts';
import { launchDarkly } from './launchdarkly.ts';
import { resend } from './resend.ts';
import { stripe } from './stripe/index.ts';
import { stripeJs } from './stripe/stripe-js.ts';
import { Webhooks } from './webhooks.ts';
import { type SandboxSettings, World } from './world.ts';

/** What a fresh project has switched on. A kill switch is absent until somebody throws it. */
const INITIAL_FLAGS = {
  auto_booking_pipeline_enabled: true,
  auto_booking_disable_all: false,
  duffel_live_enabled: false,
  flight_search_advanced_filtering: true,
  flight_search_price_optimization: true,
  queue_search_disabled: false,
  queue_monitor_disabled: false,
  queue_book_disabled: false,
  queue_notify_disabled: false,
  queue_cleanup_disabled: false,
  user_booking_disabled: false,
};

export interface Sandbox extends Parts {
  url: string;
  port: number;
  close(): Promise<void>;
}

/**
 * Starts every stand-in on one port: /duffel /stripe /resend /launchdarkly /auth /hooks /sentry, steered under /_sandbox.
 * @param options.port 0 picks a free one
 */
export async function startSandbox(
  options: { port?: number; host?: string } & Partial<SandboxSettings> = {},
): Promise<Sandbox> {
  const { port: wanted = 0, host = '127.0.0.1', ...settings } = options;
  const world = new World(settings);
  const faults = new Faults();
  const webhooks = new Webhooks(world);
  let url = '';
  const parts: Parts = {
    world,
    faults,
    webhooks,
    duffel: duffel(world, faults, webhooks),
    stripe: stripe(world, faults, webhooks),
    resend: resend(world, faults),
    launchDarkly: launchDarkly(world, INITIAL_FLAGS),
    auth: await auth(() => `${url}/auth`),
    intake: intake(world),
  };

  // The SDKs write lists as `expand[0]=…`, which only the extended parser reads.
  const app = express().disable('x-powered-by').set('query parser', 'extended');
  app.use('/duffel', parts.duffel.router);
  app.use('/stripe/v1', parts.stripe.router);
  app.use('/stripe', stripeJs(parts.stripe.payments));
  app.use('/resend', parts.resend.router);
  app.use('/launchdarkly', parts.launchDarkly.router);
  app.use('/auth', parts.auth.router);
  app.use('/sentry', parts.intake.sentry);
  app.use('/hooks', parts.intake.hooks);
  app.use('/_sandbox', control(parts));
  app.get('/', (_req, res) => void res.redirect('/_sandbox/inbox'));

  const server = createServer(app);
  server.listen(wanted, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  url = `http://${host}:${port}`;
  return {
    ...parts,
    url,
    port,
    close: async () => {
      world.stop();
      parts.launchDarkly.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
