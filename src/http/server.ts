import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * How long a connection that nobody uses is kept: longer than the proxies in front keep theirs, so that none of them sends a
 * request into one that is just being closed. Source: AWS, "Application Load Balancers: connection idle timeout" (60 s);
 * Heroku, "Router 2.0: keepalives" (90 s).
 */
const KEEP_ALIVE_MS = 95_000;
/** Connections that may wait to be accepted, as many as Linux lets. Of a thousand that come at once Node's own 511 drops half. */
const BACKLOG = 4_096;

/** The server of the web role, listening; what answers is put on it as its `request` listener. */
export async function startServer(at: {
  port: number;
  host?: string;
}): Promise<{ server: Server; port: number }> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS });
  server.listen({ ...at, backlog: BACKLOG });
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}
