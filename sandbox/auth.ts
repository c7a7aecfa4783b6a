import { Router } from 'express';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { z } from 'zod';

export const tokenSchema = z.object({
  sub: z.string().min(1),
  roles: z.array(z.string()).optional(),
  email: z.email().optional(),
  expiresInSeconds: z
    .number()
    .int()
    .default(8 * 3600),
});

export interface Auth {
  router: Router;
  token(claims: z.input<typeof tokenSchema>): Promise<string>;
}

export const AUDIENCE = 'parker';

/** An OpenID Connect issuer: discovery, a JWKS, and signed tokens for whoever asks. */
export async function auth(issuer: () => string): Promise<Auth> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'sandbox-1', use: 'sig', alg: 'RS256' };
  const router = Router();
  router.get('/.well-known/openid-configuration', (_req, res) => {
    res.json({
      issuer: issuer(),
      jwks_uri: `${issuer()}/.well-known/jwks.json`,
      id_token_signing_alg_values_supported: ['RS256'],
    });
  });
  router.get('/.well-known/jwks.json', (_req, res) => void res.json({ keys: [jwk] }));
  return {
    router,
    token: async (input) => {
      const { sub, roles, email, expiresInSeconds } = tokenSchema.parse(input);
      const claims = { ...(roles && { roles }), ...(email && { email }) };
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: jwk.kid })
        .setSubject(sub)
        .setIssuer(issuer())
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000) + expiresInSeconds)
        .sign(privateKey);
    },
  };
}
