import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import getPort from 'get-port';

/** Another process took the port between our look and our bind. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
}

/** Ports that are tried before it is taken for something else. */
const TRIES = 10;

/**
 * Starts a server on a port that it binds itself: a look at what is free can be out of date by then, so a taken port leads
 * to another try on another port.
 * @param boot resolves once the server itself says that it listens there. @throws PortTaken
 */
export async function onFreePort<Started>(
  boot: (port: number) => Promise<Started>,
): Promise<[number, Started]> {
  for (let left = TRIES; ; left -= 1) {
    const port = await getPort();
    try {
      return [port, await boot(port)];
    } catch (error) {
      if (!(error instanceof PortTaken) || left === 0) throw error;
    }
  }
}

/** A port of 127.0.0.1 that is bound, and that no other process can take before it is handed on. */
export interface BoundPort {
  readonly port: number;
  /** The listening socket, for a child's `stdio`. @throws when the port was lost meanwhile */
  fd(): Promise<number>;
  /** Closes our end; the child's stays open. Without it, connections would come to us too. */
  handOver(): void;
}

/** Binds the wanted port, else any. */
export async function bindPort(wanted: number): Promise<BoundPort> {
  let server = await bind(wanted).catch(() => bind(0));
  const { port } = server.address() as { port: number };
  return {
    port,
    async fd() {
      if (!server.listening) server = await bind(port);
      return (server as unknown as { _handle: { fd: number } })._handle.fd;
    },
    handOver: () => void server.close(),
  };
}

async function bind(port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).unref();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
