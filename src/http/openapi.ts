import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { problemSchema } from './problem.ts';
import type { Route } from './route.ts';

/** Problems that every route may answer with. */
const COMMON = { 401: 'No valid token', 422: 'Fields are not valid', 429: 'Too many requests' } as const;

/** The OpenAPI 3.1 document, generated from the schemas that the routes parse with. */
export function openApiDocument(routes: readonly Route[], options: { version: string; appUrl: string }) {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  });
  for (const route of routes) registry.registerPath(describe(route));
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Parker Flight',
      version: options.version,
      description:
        'Name a route, dates and a price cap; Parker watches the fare and buys exactly one ticket with exactly one charge.',
    },
    servers: [{ url: options.appUrl }],
    security: [{ bearer: [] }],
  });
}

/** A request without a body is read as `{}`: where all fields are optional, none needs to be sent. */
const optional = (body: z.ZodType): boolean => body.safeParse({}).success;

function describe(route: Route): RouteConfig {
  const { method, path, tag, summary, params, query, body, answers, creates } = route;
  const problem = { 'application/problem+json': { schema: problemSchema } };
  const idempotencyKey = z.object({ 'Idempotency-Key': z.string().min(1).max(255).optional() });
  return {
    method,
    path,
    tags: [tag],
    summary,
    request: {
      ...(params && { params: params as z.ZodObject }),
      ...(query && { query: query as z.ZodObject }),
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
        Object.entries({ ...COMMON, ...(params ? { 404: 'Not there, or not yours' } : {}) }).map(
          ([status, description]) => [status, { description, content: problem }],
        ),
      ),
    },
  };
}
