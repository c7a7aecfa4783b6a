import { api } from './api/index.ts';
import { dropsCaught } from './drops/index.ts';
import { fareToOrder } from './fare/index.ts';
import { footprint } from './footprint/index.ts';
import { mixed } from './mixed/index.ts';
import { sagas } from './sagas/index.ts';
import { scaleOut } from './scale/index.ts';
import { soak } from './soak/index.ts';
import type { Servers } from './support/servers.ts';
import { startServers } from './support/servers.ts';
import { watching } from './watching/index.ts';

/** `make bench`, or `make bench -- NAME …`: figures side by side, from one run on one machine. */
const BENCHES: Record<string, (servers: Servers) => Promise<void>> = {
  sagas,
  watching,
  fare: fareToOrder,
  scale: scaleOut,
  api,
  mixed,
  footprint,
  soak,
  drops: dropsCaught,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !BENCHES[name]);
if (unknown.length) {
  console.error(`bench: there is no ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length && !wanted.includes(name)) continue;
  const servers = await startServers();
  try {
    await bench(servers);
  } finally {
    await servers.stop();
  }
}
