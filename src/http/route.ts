import type { Express, Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
import type { FieldProblem } from '../errors.ts';
import type { Authenticate, Identity, OpsRole } from './middleware/authenticate.ts';
import { currentCorrelation } from './middleware/correlate.ts';
import type { Idempotency } from './middleware/idempotency.ts';
import { HttpError } from './problem.ts';
import type { Reply } from './reply.ts';

/** What a handler gets: parsed input and who asks. */
export interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly user: Identity;
  readonly correlationId: string;
  /** Id for the thing a POST makes; the same Idempotency-Key gives the same id. */
  readonly newId: string;
  readonly req: Request;
  readonly res: Response;
}

/** One route of the API: what it takes, what it answers, what it does. The OpenAPI document is made from the same. */
export interface Route<Params = unknown, Query = unknown, Body = unknown> {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** With parameters in braces, as OpenAPI writes them. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  readonly answers: Readonly<
    Record<number, { description: string; schema?: z.ZodType; contentType?: string }>
  >;
  /** Only for ops with one of these roles; without it, for everybody who is signed in. */
  readonly roles?: readonly OpsRole[];
  /** A POST that makes something honours Idempotency-Key. */
  readonly creates?: boolean;
  /** Undefined when it has answered by itself, as a stream does. */
  readonly handle: (call: Call<Params, Query, Body>) => Promise<Reply | undefined>;
}

/** Lets TypeScript infer the types of a route from its schemas, and forget them again for the list. */
export const defineRoute = <Params, Query, Body>(route: Route<Params, Query, Body>): Route =>
  route as unknown as Route;

export interface MountDeps {
  readonly authenticate: Authenticate;
  readonly enroll: (user: Identity) => Promise<void>;
  readonly limit: RequestHandler;
  readonly idempotency: Idempotency;
}

/** Puts a route on the app: identity, then the user's rate, then the shape of the input, then the use-case. */
export function mount(app: Express, route: Route, deps: MountDeps): void {
  const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
  const identify: RequestHandler = async (req, res, next) => {
    res.locals.route = route.path;
    const user = await deps.authenticate(req);
    if (route.roles && !route.roles.some((role) => user.roles.includes(role)))
      throw new HttpError(403, 'Your role does not allow this.');
    res.locals.user = user;
    res.locals.userId = user.userId;
    next();
  };
  app[route.method](path, identify, deps.limit, async (req, res) => {
    const user = res.locals.user as Identity;
    const input = readInput(route, req);
    if (route.method !== 'get') await deps.enroll(user);
    const call = { ...input, user, correlationId: currentCorrelation(), req, res };
    const work = (newId: string) => route.handle({ ...call, newId }) as Promise<Reply>;
    const key = route.creates ? req.get('idempotency-key') : undefined;
    const identity = {
      userId: user.userId,
      key,
      route: `${route.method} ${req.path}`,
      body: req.body as unknown,
    };
    const reply = await (key === undefined
      ? work(crypto.randomUUID())
      : deps.idempotency.once(identity, work));
    if (reply) send(res, reply);
  });
}

function send(res: Response, { status, body, headers }: Reply): void {
  if (headers) res.set(headers);
  res.status(status);
  if (body === undefined) res.end();
  else res.json(body);
}

function readInput(route: Route, req: Request) {
  // An id that can't exist is an id that does not exist.
  const params = route.params?.safeParse(req.params);
  if (params?.success === false) throw new HttpError(404, 'There is no such thing.');
  const query = route.query?.safeParse(req.query);
  const body = route.body?.safeParse(req.body ?? {});
  const problems = [query, body].flatMap((part) =>
    part?.success === false ? part.error.issues.map(fieldProblem) : [],
  );
  if (problems.length) throw new HttpError(422, 'Some fields are not valid.', problems);
  return { params: params?.data, query: query?.data, body: body?.data };
}

function fieldProblem(issue: z.core.$ZodIssue): FieldProblem {
  if (issue.code === 'unrecognized_keys')
    return { field: [...issue.path, issue.keys[0]].join('.'), message: 'is not a field of this request' };
  return { field: issue.path.join('.') || 'body', message: issue.message };
}
