import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CompactSign, type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose';

/** How the issuer fails: it resets connections, answers a status, or answers a page that is no key set. */
export type IssuerFault = 'reset' | 404 | 503 | 'page';

/** An issuer that signs whatever it is asked to: claims that the sandbox's own, which is stricter, gives to none. */
export interface Issuer {
  readonly url: string;
  readonly env: Record<string, string>;
  /** A token with these claims beside or in place of the usual ones; undefined takes one out. */
  token(claims: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  /** Signs with a new key from now on, and serves the keys before it too. @returns the new key's id */
  rotate(): Promise<string>;
  /** Serves this key no more. */
  withdraw(kid: string): void;
  fail(fault: IssuerFault | null): void;
  /** How often the keys were asked for. */
  asked(): number;
  close(): void;
}

const AUDIENCE = 'parker';

/** @param path of the issuer behind its host: Supabase's has one, and Auth0's ends with a slash */
export async function startIssuer({ alg = 'ES256', path = '' } = {}): Promise<Issuer> {
  const served = new Map<string, JWK>();
  let signing: { kid: string; key: CryptoKey };
  let count = 0;
  let made = 0;
  let fault: IssuerFault | null = null;
  const rotate = async () => {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    made += 1;
    signing = { kid: `key-${made}`, key: privateKey };
    served.set(signing.kid, { ...(await exportJWK(publicKey)), kid: signing.kid, use: 'sig', alg });
    return signing.kid;
  };
  await rotate();
  const server = createServer((_req, res) => {
    count += 1;
    if (fault === 'reset') return void res.destroy();
    if (fault === 'page') return void res.setHeader('content-type', 'text/html').end('<h1>Back soon</h1>');
    res.statusCode = fault ?? 200;
    res.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [...served.values()] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `${host}${path}`;
  return {
    url,
    env: { AUTH_ISSUER: url, AUTH_JWKS_URL: `${host}/keys`, AUTH_AUDIENCE: AUDIENCE },
    token: (claims, header = {}) => {
      const iat = Math.floor(Date.now() / 1_000);
      const usual = { iss: url, aud: AUDIENCE, sub: 'anyone', iat, exp: iat + 3_600 };
      const payload = JSON.stringify({ ...usual, ...claims });
      return new CompactSign(new TextEncoder().encode(payload))
        .setProtectedHeader({ alg, kid: signing.kid, typ: 'JWT', ...header })
        .sign(signing.key);
    },
    rotate,
    withdraw: (kid) => void served.delete(kid),
    fail: (next) => {
      fault = next;
    },
    asked: () => count,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
