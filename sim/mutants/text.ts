import { MUTANTS, type Mutant, STORAGE_MUTANTS } from './list.ts';

/** The mutants that MUTANT asks for, names separated by `;`. */
export function activeMutants(): readonly Mutant[] {
  const wanted = (process.env.MUTANT ?? '').split(';').filter(Boolean);
  const active = [...MUTANTS, ...STORAGE_MUTANTS].filter(({ name }) => wanted.includes(name));
  if (active.length !== wanted.length) throw new Error(`no such mutant among ${wanted.join(', ')}`);
  return active;
}

/** The text of a module as these mutants would have it. @throws when one no longer finds its place */
export function mutated(path: string, source: string, mutants: readonly Mutant[]): string {
  return mutants
    .filter(({ file }) => path.endsWith(`/${file}`))
    .reduce((text, { name, file, find, replace }) => {
      if (!text.includes(find)) throw new Error(`mutant "${name}" no longer finds its place in ${file}`);
      return text.replace(find, () => replace);
    }, source);
}
