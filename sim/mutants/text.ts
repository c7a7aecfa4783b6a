import { MUTANTS } from './list.ts';
import type { Mutant } from './mutant.ts';
import { STORAGE_MUTANTS } from './storage-mutants.ts';

export const ALL_MUTANTS: readonly Mutant[] = [...MUTANTS, ...STORAGE_MUTANTS];

/** The mutants that MUTANT asks for, names separated by `;`. */
export function activeMutants(): readonly Mutant[] {
  const wanted = (process.env.MUTANT ?? '').split(';').filter(Boolean);
  const active = ALL_MUTANTS.filter(({ name }) => wanted.includes(name));
  if (active.length !== wanted.length) throw new Error(`no such mutant among ${wanted.join(', ')}`);
  return active;
}

/** The text of a module as these mutants would have it. @throws when one does not find exactly one place */
export function mutated(path: string, source: string, mutants: readonly Mutant[]): string {
  return mutants
    .filter(({ file }) => path.endsWith(`/${file}`))
    .reduce((text, { name, file, find, replace }) => {
      const places = text.split(find).length - 1;
      if (places !== 1) throw new Error(`mutant "${name}" finds ${places} places in ${file}`);
      return text.replace(find, () => replace);
    }, source);
}
