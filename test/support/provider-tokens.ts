/**
 * The default claims of each provider's tokens, as its documentation shows them; `iss` and the times are the issuer's.
 * Undefined takes a claim of the issuer's usual ones out.
 */

/** Source: Clerk, "Session tokens: Default claims", version 2, of a user without an organization. */
export const CLERK = {
  aud: undefined,
  azp: 'https://app.example',
  fva: [7, -1],
  jti: '1234567890',
  sid: 'sess_123',
  sub: 'user_123',
  v: 2,
  pla: 'u:free',
  fea: '',
  sts: 'active',
};

/** Source: Supabase, "JWT Claims Reference: Authenticated user token". */
export const SUPABASE = {
  aal: 'aal1',
  amr: [{ method: 'password', timestamp: 1_640_991_600 }],
  app_metadata: { provider: 'email', providers: ['email'] },
  aud: 'authenticated',
  email: 'user@example.com',
  phone: '',
  role: 'authenticated',
  session_id: '123e4567-e89b-12d3-a456-426614174000',
  sub: '123e4567-e89b-12d3-a456-426614174000',
  user_metadata: { name: 'John Doe', roles: ['admin'] },
  is_anonymous: false,
};

/** Source: Auth0, "Access Token Profiles: Auth0 profile sample token". */
export const AUTH0 = {
  sub: 'auth0|123456',
  aud: ['https://parker.example', 'https://my-domain.auth0.com/userinfo'],
  azp: 'my_client_id',
  scope: 'openid profile',
};

/** Source: Auth0, "Access Token Profiles: RFC 9068 profile sample token". */
export const AUTH0_RFC9068 = {
  sub: 'auth0|123456',
  aud: ['https://parker.example', 'https://my-domain.auth0.com/userinfo'],
  client_id: 'my_client_id',
  jti: '73WakrfVbNJBaAmhQtEeDv',
  scope: 'openid profile',
};
