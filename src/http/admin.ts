import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { Queue } from 'bullmq';
import express, { type RequestHandler, Router } from 'express';
import type { Kysely } from 'kysely';
import type { DB } from '../db/client.ts';
import { type Authenticate, type Identity, OPS_COOKIE, type OpsRole } from './middleware/authenticate.ts';
import { currentCorrelation } from './middleware/correlate.ts';
import { signInPage } from './pages/sign-in.ts';
import { HttpError, sendProblem } from './problem.ts';

export interface AdminDeps {
  readonly db: Kysely<DB>;
  readonly queues: Record<string, Queue>;
  readonly authenticate: Authenticate;
}

const BASE = '/admin/queues';
const READ: readonly OpsRole[] = ['viewer', 'operator', 'admin'];
const ACT: readonly OpsRole[] = ['operator', 'admin'];
const RULE: readonly OpsRole[] = ['admin'];
/** What operators may do. All else Bull Board offers (empty, obliterate, add, edit) can lose or invent work: admins only. */
const OPERATOR_ACTS = /\/(retry|promote|pause|resume)(\/[a-z-]+)?$/;
const SESSION_S = 8 * 3_600;

/** Bull Board behind sign-in: viewers read, operators act, and every act is audited before it happens. */
export function adminRoutes(deps: AdminDeps): Router {
  const adapter = new ExpressAdapter();
  adapter.setBasePath(BASE);
  createBullBoard({
    queues: Object.values(deps.queues).map((queue) => new BullMQAdapter(queue)),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'Parker Flight', hideDocsLink: true } },
  });
  const router = Router();
  router.post('/admin/session', express.urlencoded({ extended: false, limit: '10kb' }), startSession);
  router.use(BASE, guard(deps), adapter.getRouter());
  return router;
}

/** Keeps the token for the browser's next requests; what it is worth is checked on each of them. */
const startSession: RequestHandler = (req, res) => {
  const token = String(req.body?.token ?? '').trim();
  if (!/^[A-Za-z0-9._-]{20,4000}$/.test(token)) return void sendProblem(res, 422, 'That is not a token.');
  const secure = req.secure ? '; Secure' : '';
  res.set(
    'Set-Cookie',
    `${OPS_COOKIE}=${token}; Path=/admin; HttpOnly; SameSite=Strict; Max-Age=${SESSION_S}${secure}`,
  );
  res.redirect(303, BASE);
};

function guard(deps: AdminDeps): RequestHandler {
  return async (req, res, next) => {
    res.locals.route = BASE;
    let user: Identity;
    try {
      user = await deps.authenticate(req);
    } catch (error) {
      if (!(error instanceof HttpError) || error.status !== 401) throw error;
      if (req.accepts(['json', 'html']) === 'html')
        return void res.status(401).type('html').send(signInPage());
      return sendProblem(res, 401, error.message);
    }
    const acting = !['GET', 'HEAD'].includes(req.method);
    const needed = !acting ? READ : OPERATOR_ACTS.test(req.path) ? ACT : RULE;
    const allowed = user.roles.some((role) => needed.includes(role));
    if (acting) await record(deps, user, req.method, req.path, allowed);
    if (!allowed) return sendProblem(res, 403, `This needs the role ${needed.join(' or ')}.`);
    next();
  };
}

/** An act that can't be audited does not happen. */
async function record(
  { db }: AdminDeps,
  user: Identity,
  method: string,
  path: string,
  allowed: boolean,
): Promise<void> {
  await db
    .insertInto('opsAudits')
    .values({
      actor: user.userId,
      action: `${method} ${path.split('/').at(-1)}`,
      target: JSON.stringify({ path, roles: user.roles }),
      allowed,
      correlationId: currentCorrelation(),
    })
    .execute();
}
