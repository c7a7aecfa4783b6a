import { once } from 'node:events';
import { createBase } from '../../context/base.ts';
import { createWeb } from '../../context/web.ts';
import { startServer } from '../../http/server.ts';
import { bootConfig, dieOnSurprise, stopOnSignal } from '../boot.ts';

/** The web role: answers HTTP, and carries into Redis what it commits. */
const config = bootConfig();
const base = await createBase(config, 'parker_api');
dieOnSurprise(base.log, base.report);
const web = createWeb(base);
const { server, port } = await startServer({ port: config.PORT });
server.on('request', web);
base.log.info({ port }, 'web is listening');

stopOnSignal(config.SHUTDOWN_TIMEOUT_MS, async () => {
  server.close();
  server.closeIdleConnections();
  // Event streams never end by themselves; everything else gets a moment to finish.
  setTimeout(() => server.closeAllConnections(), config.SHUTDOWN_TIMEOUT_MS / 5).unref();
  await once(server, 'close');
  await base.close();
});
