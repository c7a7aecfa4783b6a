import type { Express, Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { EventTickets } from '../ports/event-tickets.ts';
import type { Identity, OpsRole } from '../ports/identity.ts';
import { fieldProblems } from './field-problems.ts';
import type { Authenticate } from './middleware/authenticate.ts';
import { currentCorrelation } from './middleware/correlate.ts';
import { identifyByTicket } from './middleware/event-ticket.ts';
import type { Idempotency } from './middleware/idempotency.ts';
import { jsonBody } from './middleware/json-body.ts';
import { onlyMethods } from './middleware/methods.ts';
import type { Cost } from './middleware/shed.ts';
import { refuseUnstorable } from './middleware/storable.ts';
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
  /** The name of the operation in generated clients: never renamed. */
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  /** What the summary has no room for. */
  readonly description?: string;
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodObject & z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  readonly answers: Readonly<
    Record<number, { description: string; schema?: z.ZodType; contentType?: string }>
  >;
  /** Who may call it: ops with one of these roles. Without it, every user who is signed in. */
  readonly roles?: readonly OpsRole[];
  /** Whether Idempotency-Key is honoured: it is for a POST that creates something. */
  readonly creates?: boolean;
  /** Whether a ticket for the events of the trip stands for a token. */
  readonly ticket?: boolean;
  /** Whether it can be refused because of the present state of what it names: 409. */
  readonly conflicts?: boolean;
  /** `vendor` when it may wait for a vendor's answer; `stream` when it stays open. Without it, it costs our own time alone. */
  readonly cost?: 'vendor' | 'stream';
  /** @returns undefined when it has answered by itself, as a stream does */
  readonly handle: (call: Call<Params, Query, Body>) => Promise<Reply | undefined>;
}

/** Infers the types of a route from its schemas, and erases them so that routes of all types form one list. */
export const defineRoute = <Params, Query, Body>(route: Route<Params, Query, Body>): Route =>
  route as unknown as Route;

export interface MountDeps {
  readonly authenticate: Authenticate;
  readonly eventTickets: EventTickets;
  readonly enroll: (user: Identity) => Promise<void>;
  readonly refreshEmail: (user: Identity) => Promise<void>;
  /** Refuses what could only be answered late. */
  readonly shed: (cost: Cost) => RequestHandler;
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

/** Adds a route to the app. In order: authentication, load shedding, rate limit, parsing and validation of the input, the use-case. */
function mount(app: Express, route: Route, deps: MountDeps): void {
  const identify: RequestHandler = async (req, res, next) => {
    res.locals.route = route.path;
    const byTicket = route.ticket ? await identifyByTicket(deps.eventTickets, req) : undefined;
    const user = byTicket ?? (await deps.authenticate(req));
    if (route.roles && !route.roles.some((role) => user.roles.includes(role)))
      throw new HttpError('forbidden', 'Your role does not allow this.');
    res.locals.user = user;
    res.locals.userId = user.userId;
    next();
  };
  // Streams are bounded by their own count.
  const shed = route.cost === 'stream' ? [] : [deps.shed(route.cost ?? 'own')];
  // A GET has no body.
  const parse = route.method === 'get' ? [] : [...jsonBody, refuseUnstorable];
  app[route.method](expressPath(route.path), identify, ...shed, deps.limit, ...parse, async (req, res) => {
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
  if (params?.success === false) throw new HttpError('not_found', 'There is no such thing.');
  const query = querySchema(route).safeParse(req.query);
  const given = (req.body ?? {}) as unknown;
  const body = route.body?.safeParse(given);
  const problems = [
    ...(query.success ? [] : fieldProblems(query.error, req.query)),
    ...(body?.success === false ? fieldProblems(body.error, given) : []),
  ];
  if (problems.length) throw new HttpError('invalid_request', 'Some fields are not valid.', problems);
  return { params: params?.data, query: query.data, body: body?.data };
}

/** A parameter that the route does not know is refused: a filter with a typing error would show everything. */
export const querySchema = ({ query = z.object({}) }: Route): z.ZodObject => query.strict();
