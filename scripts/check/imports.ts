import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser';
import { FOLDERS } from './source.ts';

const CONFIGURATION = new URL('../../.dependency-cruiser.js', import.meta.url);

/**
 * Breaches of the rules in .dependency-cruiser.js, one a line: `src/a.ts → src/b.ts: the rule's comment (its name)`. An
 * import that breaks several rules is reported once, by the first of them.
 * @param root the folder in which `folders` stand
 */
export async function importFindings(root: string, folders: readonly string[] = FOLDERS): Promise<string[]> {
  const { default: rules } = (await import(CONFIGURATION.href)) as { default: IConfiguration };
  const forbidden = rules.forbidden ?? [];
  const { output } = await cruise([...folders], {
    ...rules.options,
    baseDir: root,
    validate: true,
    ruleSet: { forbidden },
  });
  const { violations } = (output as ICruiseResult).summary;
  const found = new Map<string, string>();
  for (const { name, comment } of forbidden)
    for (const { from, to, cycle } of violations.filter(({ rule }) => rule.name === name)) {
      const path = [from, ...(cycle ? cycle.map((module) => module.name) : [to])];
      // Each import of a circle is a violation; the circle is one finding.
      const key = cycle ? path.slice(1).sort().join() : path.join();
      if (!found.has(key)) found.set(key, `${path.join(' → ')}: ${comment} (${name})`);
    }
  return [...found.values()];
}
