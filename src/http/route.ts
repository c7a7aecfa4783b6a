import type { Express, Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
import type { FieldProblem } from '../errors.ts';
import type { Identity, OpsRole } from '../ports/identity.ts';
import type { Authenticate } from './middleware/authenticate.ts';
import { currentCorrelation } from './middleware/correlate.ts';
import type { Idempotency } from './middleware/idempotency.ts';
import { onlyMethods } from './middleware/methods.ts';
import { HttpError } from './problem.ts';
import type { Reply } from './reply.ts';

/** What a route's handler is given: the parsed input, and the user who sent it. */
export interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly user: Identity;
  readonly correlationId: string;
  /** The id of what a POST creates. The same Idempotency-Key gives the same id. */
  readonly newId: string;
  readonly req: Request;
  readonly res: Response;
}

/** One route of the API. The OpenAPI document is generated from it. */
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
  /** Who may call it: ops with one of these roles. Without it, every user who is signed in. */
  readonly roles?: readonly OpsRole[];
  /** Whether Idempotency-Key is honoured: it is for a POST that creates something. */
  readonly creates?: boolean;
  /** @returns undefined when it has answered by itself, as a stream does */
  readonly handle: (call: Call<Params, Query, Body>) => Promise<Reply | undefined>;
}

/** Infers the types of a route from its schemas, and erases them so that routes of all types form one list. */
export const defineRoute = <Params, Query, Body>(route: Route<Params, Query, Body>): Route =>
  route as unknown as Route;

export interface MountDeps {
  readonly authenticate: Authenticate;
  readonly enroll: (user: Identity) => Promise<void>;
  readonly refreshEmail: (user: Identity) => Promise<void>;
  readonly limit: RequestHandler;
  readonly idempotency: Idempotency;
}

/** Adds the routes to the app, path by path; a path's other methods are 405. Of two paths that match, the first one listed answers. */
export function mountAll(app: Express, routes: readonly Route[], deps: MountDeps): void {
  for (const path of new Set(routes.map((route) => route.path))) {
    const own = routes.filter((route) => route.path === path);
    for (const route of own) mount(app, route, deps);
    const methods = own.map(({ method }) => method.toUpperCase());
    app.all(expressPath(path), onlyMethods(methods, path));
  }
}

const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

/** Adds a route to the app. In order: authentication, rate limit, validation of the input, the use-case. */
function mount(app: Express, route: Route, deps: MountDeps): void {
  const identify: RequestHandler = async (req, res, next) => {
    res.locals.route = route.path;
    const user = await deps.authenticate(req);
    if (route.roles && !route.roles.some((role) => user.roles.includes(role)))
      throw new HttpError(403, 'Your role does not allow this.');
    res.locals.user = user;
    res.locals.userId = user.userId;
    next();
  };
  app[route.method](expressPath(route.path), identify, deps.limit, async (req, res) => {
    const user = res.locals.user as Identity;
    const input = readInput(route, req);
    await (route.method === 'get' ? deps.refreshEmail(user) : deps.enroll(user));
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
  // A malformed id names nothing: it is answered like an id that does not exist.
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
