import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * How long an idle connection is kept open: longer than the proxies in front keep theirs, so that none of them sends a request
 * on a connection that is being closed. Source: AWS, "Application Load Balancers: connection idle timeout" (60 s);
 * Heroku, "Router 2.0: keepalives" (90 s).
 */
const KEEP_ALIVE_MS = 95_000;
/** Connections that may wait to be accepted: Linux's maximum. Node's default of 511 drops half of a thousand that come at once. */
const BACKLOG = 4_096;

/**
 * Starts the server of the web role. The app is added as its `request` listener.
 * @param at.fd a socket that listens already, instead of host and port
 * @throws the system's error, such as EADDRINUSE
 */
export async function startServer(at: {
  port: number;
  host?: string | undefined;
  fd?: number | undefined;
}): Promise<{ server: Server; port: number }> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS });
  if (at.fd === undefined)
    server.listen({ port: at.port, ...(at.host && { host: at.host }), backlog: BACKLOG });
  else server.listen({ fd: at.fd, backlog: BACKLOG });
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}
