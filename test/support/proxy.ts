import { once } from 'node:events';
import { createServer, connect as dial, type Socket } from 'node:net';

/**
 * What the network does: `silent` takes every byte and passes none on, as a partition; `refusing` ends all connections and takes no
 * new ones, as a server that is gone; `cutting` takes them, and ends each when something is sent, as one that is going.
 */
export type NetworkFault = 'silent' | 'refusing' | 'cutting';

/** A proxy between a pool and its server. */
export interface TcpProxy {
  readonly url: string;
  fail(fault: NetworkFault | null): Promise<void>;
  close(): Promise<void>;
}

export async function startProxy(to: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(to);
  let fault: NetworkFault | null = null;
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = dial(Number(port), hostname);
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('data', (bytes) => {
        if (fault === 'cutting') near.destroy();
        else if (fault !== 'silent') into.write(bytes);
      });
      from.on('close', () => {
        open.delete(from);
        into.destroy();
      });
      from.on('error', () => undefined);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(to);
  const own = (server.address() as { port: number }).port;
  url.port = String(own);
  const stop = async () => {
    const stopped = new Promise((closed) => server.close(closed));
    for (const socket of open) socket.destroy();
    await stopped;
  };
  return {
    url: url.href,
    async fail(next) {
      if (next === 'refusing') await stop();
      else if (fault === 'refusing') {
        server.listen(own, '127.0.0.1');
        await once(server, 'listening');
      }
      fault = next;
    },
    close: () => (fault === 'refusing' ? Promise.resolve() : stop()),
  };
}
