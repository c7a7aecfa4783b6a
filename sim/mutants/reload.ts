import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { ALL_MUTANTS, mutated } from './text.ts';

const ROOT = new URL('../../', import.meta.url).href;
/** The query of a module's address that names the mutants it is loaded with; what it imports inherits it. */
const QUERY = 'mutants';
/** Modules as node would run them, by path: most are the same with every mutant. */
const plain = new Map<string, string>();

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    const names = context.parentURL && new URL(context.parentURL).searchParams.get(QUERY);
    return names && isOwn(resolved.url) ? { ...resolved, url: withMutants(resolved.url, names) } : resolved;
  },
  load(url, context, nextLoad) {
    const names = new URL(url).searchParams.get(QUERY);
    const path = names && fileURLToPath(url);
    if (!path?.endsWith('.ts')) return nextLoad(url, context);
    return { format: 'module', source: textOf(path, names as string), shortCircuit: true };
  },
});

/**
 * Loads a module, and all of ours that it imports, anew with these mutants; packages are loaded once per thread.
 * @param path from the root of the repository
 */
export const loadMutated = <Module>(path: string, mutants: readonly string[]): Promise<Module> =>
  import(withMutants(`${ROOT}${path}`, mutants.join(';'))) as Promise<Module>;

const isOwn = (url: string): boolean => url.startsWith(ROOT) && !url.includes('/node_modules/');

const withMutants = (url: string, names: string): string =>
  `${url}?${new URLSearchParams({ [QUERY]: names })}`;

function textOf(path: string, names: string): string {
  const wanted = names.split(';');
  const active = ALL_MUTANTS.filter(({ name, file }) => wanted.includes(name) && path.endsWith(`/${file}`));
  if (active.length) return stripTypeScriptTypes(mutated(path, readFileSync(path, 'utf8'), active));
  const known = plain.get(path) ?? stripTypeScriptTypes(readFileSync(path, 'utf8'));
  plain.set(path, known);
  return known;
}
