import { type RequestHandler, Router } from 'express';
import type { Identity, OpsRole } from '../ports/identity.ts';
import type { OpsAuditStore } from '../ports/storage/ops-audits.ts';
import { adminSession, endSession, mayRead, NO_ROLE, type SessionDeps, showSignIn } from './admin-session.ts';
import { BOARD, type BoardQueue, createBoard } from './board.ts';
import { hasSession } from './middleware/authenticate.ts';
import { currentCorrelation } from './middleware/correlate.ts';
import { HttpError, sendProblem } from './problem.ts';
import { PROBLEM_TYPES } from './problem-types.ts';

export interface AdminDeps extends SessionDeps {
  readonly opsAudits: OpsAuditStore;
  readonly queues: Record<string, BoardQueue>;
}

const ACT: readonly OpsRole[] = ['operator', 'admin'];
const RULE: readonly OpsRole[] = ['admin'];
/** What operators may do. Everything else Bull Board offers (empty, obliterate, add, edit) can lose or forge jobs: admins only. */
const OPERATOR_ACTS = /\/(retry|promote|pause|resume)(\/[a-z-]+)?$/;

/** Bull Board behind sign-in: viewers get a board that only reads, operators act, and every act is audited before it happens. */
export function adminRoutes(deps: AdminDeps): Router {
  const queues = Object.values(deps.queues);
  const [reading, acting] = [true, false].map((readOnly) => createBoard(queues, { readOnly }));
  const board: RequestHandler = (req, res, next) =>
    (mayAct(res.locals.user as Identity) ? acting : reading)?.(req, res, next);
  return Router().use(adminSession(deps)).use(BOARD, guard(deps), board);
}

const mayAct = ({ roles }: Identity): boolean => roles.some((role) => ACT.includes(role));

function guard(deps: AdminDeps): RequestHandler {
  return async (req, res, next) => {
    res.locals.route = BOARD;
    let user: Identity;
    const refuse = (code: 'unauthenticated' | 'forbidden', why: string) => {
      const inSession = hasSession(req);
      if (inSession) endSession(res, req.secure);
      if (req.accepts(['json', 'html']) !== 'html') return sendProblem(res, code, why);
      showSignIn(res.status(PROBLEM_TYPES[code].status), inSession ? why : undefined);
    };
    try {
      user = await deps.authenticate(req);
    } catch (error) {
      if (!(error instanceof HttpError) || error.code !== 'unauthenticated') throw error;
      return refuse('unauthenticated', error.message);
    }
    const acting = !['GET', 'HEAD', 'OPTIONS'].includes(req.method);
    const needed = OPERATOR_ACTS.test(req.path) ? ACT : RULE;
    const allowed = acting ? user.roles.some((role) => needed.includes(role)) : mayRead(user);
    if (acting) await record(deps, user, req.method, req.path, allowed);
    res.locals.user = user;
    if (allowed) return next();
    if (mayRead(user)) return sendProblem(res, 'forbidden', `This needs the role ${needed.join(' or ')}.`);
    refuse('forbidden', NO_ROLE);
  };
}

/** Records an act before it happens: one that can't be recorded is not done. */
function record(
  { opsAudits }: AdminDeps,
  user: Identity,
  method: string,
  path: string,
  allowed: boolean,
): Promise<void> {
  return opsAudits.record({
    actor: user.userId,
    action: `${method} ${path.split('/').at(-1)}`,
    target: { path, roles: user.roles },
    allowed,
    correlationId: currentCorrelation(),
  });
}
