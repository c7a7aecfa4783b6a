import express, { type RequestHandler, type Response, Router } from 'express';
import { type Identity, OPS_ROLES } from '../ports/identity.ts';
import { BOARD } from './board.ts';
import { type Authenticate, authenticateToken, OPS_COOKIE } from './middleware/authenticate.ts';
import { onlyMethods } from './middleware/methods.ts';
import { sameOrigin } from './middleware/same-origin.ts';
import { sessionPage, signInPage } from './pages/sign-in.ts';
import { HttpError } from './problem.ts';

/** A session ends after this at the latest, in seconds, however long its token lasts. */
const SESSION_S = 8 * 3_600;

export interface SessionDeps {
  readonly authenticate: Authenticate;
  readonly verifyToken: Parameters<typeof authenticateToken>[0];
  readonly appUrl: string;
}

/**
 * Sessions of the queue board: a cookie that holds the token, which each request verifies again. None is given before token and
 * role are verified, and it ends with them.
 */
export function adminSession(deps: SessionDeps): Router {
  const start: RequestHandler = async (req, res) => {
    const token = String(req.body?.token ?? '').trim();
    const refuse = (status: number, why: string) => void showSignIn(res.status(status), why);
    if (!/^[A-Za-z0-9._-]{20,4000}$/.test(token)) return refuse(422, 'That is not a token.');
    let user: Identity;
    try {
      user = await authenticateToken(deps.verifyToken, token);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      return refuse(error.status, error.message);
    }
    if (!mayRead(user)) return refuse(403, NO_ROLE);
    const lifeS = Math.floor((user.expiresAt.getTime() - Date.now()) / 1_000);
    setCookie(res, token, Math.max(0, Math.min(SESSION_S, lifeS)), req.secure);
    res.redirect(303, BOARD);
  };
  const end: RequestHandler = (req, res) => {
    endSession(res, req.secure);
    showSignIn(res, 'You are signed out.');
  };
  const show: RequestHandler = async (req, res) => {
    try {
      const user = await deps.authenticate(req);
      res.type('html').send(sessionPage(user));
    } catch (error) {
      if (!(error instanceof HttpError) || error.status !== 401) throw error;
      showSignIn(res.status(401));
    }
  };
  return Router()
    .use('/admin', privately, sameOrigin(deps.appUrl))
    .post('/admin/session', express.urlencoded({ extended: false, limit: '10kb' }), start)
    .get('/admin/session', show)
    .post('/admin/session/end', end)
    .all('/admin/session', onlyMethods(['GET', 'POST']))
    .all('/admin/session/end', onlyMethods(['POST']));
}

/** What a token without a role of ours lacks. */
export const NO_ROLE = `The token is valid, but its claim \`roles\` holds none of ${OPS_ROLES.join(', ')}.`;

/** Whether the person may see the board. */
export const mayRead = ({ roles }: Identity): boolean => roles.some((role) => OPS_ROLES.includes(role));

/** Takes the cookie out of the browser: its token has ended, has no role, or was given up. */
export const endSession = (res: Response, secure: boolean): void => setCookie(res, '', 0, secure);

/** Shows where to sign in. @param why the last token was not taken */
export const showSignIn = (res: Response, why?: string): void => void res.type('html').send(signInPage(why));

function setCookie(res: Response, token: string, seconds: number, secure: boolean): void {
  const value = `${OPS_COOKIE}=${token}; Path=/admin; HttpOnly; SameSite=Strict; Max-Age=${seconds}`;
  res.set('Set-Cookie', value + (secure ? '; Secure' : ''));
}

/** With helmet's `no-referrer` browsers send our own forms with `Origin: null`. */
const privately: RequestHandler = (_req, res, next) => {
  res.set({ 'Referrer-Policy': 'same-origin', 'Cache-Control': 'no-store' });
  next();
};
