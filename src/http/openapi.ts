import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { problemSchema } from './problem.ts';
import { STATUS_MEANINGS } from './problem-types.ts';
import { querySchema, type Route } from './route.ts';

const TAGS = {
  Trips: 'What is watched, what it may cost, and what came of it.',
  Bookings: 'Tickets that were bought, and their cancellation.',
  Travellers: 'Who flies.',
  'Payment methods': 'Cards. Their numbers go from the browser to Stripe; Parker stores Stripe’s id alone.',
  Ops: 'For operators: the token needs one of the roles `viewer`, `operator` and `admin`.',
};

const DESCRIPTION = `Name a route, dates and a price cap; Parker watches the fare and buys exactly one ticket with exactly one charge.

Amounts are decimal strings in major units beside an ISO 4217 currency. Times are RFC 3339 in UTC; those at an airport end in \`Local\`.
A query parameter or field that a route does not know is refused.
Errors are problem+json (RFC 9457). Their \`type\` is the address of a page about them, and \`code\` is for programs.
A POST that creates takes an \`Idempotency-Key\`: the same key and body get the same answer.`;

/** The OpenAPI 3.1 document, generated from the schemas that the routes parse with. */
export function openApiDocument(routes: readonly Route[], options: { version: string; appUrl: string }) {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  });
  registry.registerComponent('securitySchemes', 'ticket', { type: 'apiKey', in: 'query', name: 'ticket' });
  for (const route of routes) registry.registerPath(describe(route));
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Parker Flight',
      version: options.version,
      license: { name: 'MIT', identifier: 'MIT' },
      description: DESCRIPTION,
    },
    servers: [{ url: options.appUrl }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ bearer: [] }],
  });
  return allowNull(document) as typeof document;
}

/** The generator writes a nullable reference as `allOf`, which no null satisfies: `anyOf` is what is meant. */
function allowNull(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(allowNull);
  if (typeof node !== 'object' || node === null) return node;
  const { allOf, ...rest } = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, allowNull(value)]),
  );
  if (!Array.isArray(allOf)) return { ...rest, ...(allOf !== undefined && { allOf }) };
  const [reference, { type, ...about }] = allOf as [object, { type?: unknown }];
  const isNullable = allOf.length === 2 && Array.isArray(type) && type.includes('null');
  return isNullable ? { ...rest, ...about, anyOf: [reference, { type: 'null' }] } : { ...rest, allOf };
}

/** A request without a body is read as `{}`: where all fields are optional, none needs to be sent. */
const optional = (body: z.ZodType): boolean => body.safeParse({}).success;

function describe(route: Route): RouteConfig {
  const { method, path, operationId, tag, summary, description, params, body, answers, creates } = route;
  const problem = { 'application/problem+json': { schema: problemSchema } };
  const idempotencyKey = z.object({ 'Idempotency-Key': z.string().min(1).max(255).optional() });
  return {
    method,
    path,
    operationId,
    tags: [tag],
    summary,
    ...(description && { description }),
    ...(route.ticket && { security: [{ bearer: [] }, { ticket: [] }] }),
    request: {
      ...(params && { params: params as z.ZodObject }),
      query: querySchema(route),
      ...(creates && { headers: idempotencyKey }),
      ...(body && { body: { required: !optional(body), content: { 'application/json': { schema: body } } } }),
    },
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, { description, schema, contentType = 'application/json' }]) => [
          status,
          { description, ...(schema && { content: { [contentType]: { schema } } }) },
        ]),
      ),
      ...Object.fromEntries(
        problemsOf(route).map((status) => [
          status,
          { description: STATUS_MEANINGS[status] ?? '', content: problem },
        ]),
      ),
    },
  };
}

/** The statuses of the problems that a route can answer with. */
function problemsOf({ method, params, roles, creates, conflicts }: Route): number[] {
  const changes = method !== 'get';
  return [
    401,
    405,
    422,
    429,
    500,
    503,
    ...(params ? [400, 404] : []),
    ...(roles ? [403] : []),
    ...(changes ? [400, 413, 415] : []),
    ...(creates || conflicts ? [409] : []),
  ].sort((a, b) => a - b);
}
