import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBase } from '../../context/base.ts';
import { createWeb } from '../../context/web.ts';
import { bootConfig, dieOnSurprise, stopOnSignal } from '../boot.ts';

/**
 * How long a connection that nobody uses is kept: longer than the proxies in front keep theirs, so that none of them sends a
 * request into one that is just being closed. Source: AWS, "Application Load Balancers: connection idle timeout" (60 s);
 * Heroku, "Router 2.0: keepalives" (90 s).
 */
const KEEP_ALIVE_MS = 95_000;

/** The web role: answers HTTP, and carries into Redis what it commits. */
const config = bootConfig();
const base = await createBase(config, 'parker_api');
dieOnSurprise(base.log, base.report);
const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, createWeb(base));
server.listen(config.PORT);
await once(server, 'listening');
base.log.info({ port: (server.address() as AddressInfo).port }, 'web is listening');

stopOnSignal(config.SHUTDOWN_TIMEOUT_MS, async () => {
  server.close();
  server.closeIdleConnections();
  // Event streams never end by themselves; everything else gets a moment to finish.
  setTimeout(() => server.closeAllConnections(), config.SHUTDOWN_TIMEOUT_MS / 5).unref();
  await once(server, 'close');
  await base.close();
});
