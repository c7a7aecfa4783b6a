import { once } from 'node:events';
import { createBase } from '../../app/base.ts';
import { createWeb } from '../../app/web.ts';
import { startServer } from '../../http/server.ts';
import { bootConfig, bootListening, bootServers, dieOnSurprise, stopOnSignal } from '../boot.ts';

/** The web role: answers HTTP, and publishes the jobs that it enqueues. */
const config = bootConfig();
const outages = await bootServers(config, 'parker_api');
const base = await createBase(config, 'parker_api');
for (const { line } of outages) base.log.warn(`${line}; waiting for it`);
dieOnSurprise(base.log, base.report);
const web = createWeb(base);
const { PORT, HOST, LISTEN_FD } = config;
const { server, port } = await bootListening(
  'PORT',
  PORT,
  startServer({ port: PORT, host: HOST, fd: LISTEN_FD }),
);
server.on('request', web);
base.log.info({ port }, 'web is listening');

stopOnSignal(config.SHUTDOWN_TIMEOUT_MS, async () => {
  server.close();
  server.closeIdleConnections();
  // Event streams never end by themselves; other requests get a fifth of the time to finish.
  setTimeout(() => server.closeAllConnections(), config.SHUTDOWN_TIMEOUT_MS / 5).unref();
  await once(server, 'close');
  await base.close();
});
