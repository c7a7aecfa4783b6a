import type { RequestHandler } from 'express';
import { sendProblem } from '../problem.ts';

/**
 * Answers the methods that a path does not have: OPTIONS with what there is, any other with 405. It stands behind the path's own
 * handlers; what they pass on is passed on.
 * @param methods in capitals; HEAD and OPTIONS follow from them
 */
export function onlyMethods(methods: readonly string[], route?: string): RequestHandler {
  const all = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
  const allow = [...new Set(all)].join(', ');
  return (req, res, next) => {
    if (methods.includes(req.method) || (req.method === 'HEAD' && methods.includes('GET'))) return next();
    if (route) res.locals.route = route;
    res.set('Allow', allow);
    if (req.method === 'OPTIONS') return void res.status(204).end();
    sendProblem(res, 'method_not_allowed', `This path takes ${allow}.`);
  };
}
