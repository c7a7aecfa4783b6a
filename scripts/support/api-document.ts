import { openApiDocument } from '../../src/http/openapi.ts';
import { apiRoutes } from '../../src/http/routes/index.ts';

/** The OpenAPI document without a running API: routes use what they are given only when they are called. */
export const apiDocument = () =>
  openApiDocument(apiRoutes({} as Parameters<typeof apiRoutes>[0]), {
    version: '1',
    appUrl: 'https://parker.example',
  });
