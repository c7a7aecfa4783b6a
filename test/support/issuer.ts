import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CompactSign, exportJWK, generateKeyPair } from 'jose';

/** An issuer that signs whatever it is asked to: claims that the sandbox's own, which is stricter, gives to none. */
export interface Issuer {
  readonly env: Record<string, string>;
  /** A token with these claims beside or in place of the usual ones. */
  token(claims: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  close(): void;
}

const AUDIENCE = 'parker';

export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'one', use: 'sig', alg: 'ES256' }];
  const server = createServer((_req, res) =>
    res.setHeader('content-type', 'application/json').end(JSON.stringify({ keys })),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    env: { AUTH_ISSUER: issuer, AUTH_JWKS_URL: `${issuer}/keys`, AUTH_AUDIENCE: AUDIENCE },
    token: (claims, header = {}) => {
      const exp = Math.floor(Date.now() / 1_000) + 3_600;
      const payload = JSON.stringify({ iss: issuer, aud: AUDIENCE, sub: 'anyone', exp, ...claims });
      return new CompactSign(new TextEncoder().encode(payload))
        .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
        .sign(privateKey);
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
