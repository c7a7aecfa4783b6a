import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiDocument } from '../support/api-document.ts';
import { type Check, tool } from './check.ts';

/** The OpenAPI document lints without a warning. */
export function lintedOpenApi(root: string): Check {
  const folder = join(root, 'node_modules/.cache');
  const file = join(folder, 'openapi.json');
  const lint = tool('OpenAPI document', 'redocly', ['lint', '--config', join(root, 'redocly.yaml'), file]);
  return {
    name: lint.name,
    run() {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, JSON.stringify(apiDocument()));
      return lint.run();
    },
  };
}
