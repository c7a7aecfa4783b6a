import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownFolder } from '../../scripts/support/owned.ts';
import { ROOT } from '../../scripts/support/process.ts';

/** A text of the build and what stands there in the other version. */
export type Edit = readonly [file: string, was: string, is: string];

/**
 * Another version of Parker: this build with some of its text changed, to be started beside it.
 * @returns its root for `startRole`, and what removes it
 * @throws when a text is not there, so that a version can't quietly become this one
 */
export function buildVersion(edits: readonly Edit[]): { root: string; remove: () => void } {
  // Within the checkout, so that packages are found.
  const { path: root, remove } = ownFolder('version-', { within: join(ROOT, '.cache') });
  cpSync(join(ROOT, 'dist'), join(root, 'dist'), { recursive: true });
  symlinkSync(join(ROOT, 'package.json'), join(root, 'package.json'));
  for (const [file, was, is] of edits) {
    const path = join(root, 'dist', file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(was)) throw new Error(`${file} does not hold ${was}`);
    writeFileSync(path, text.replace(was, is));
  }
  return { root, remove };
}
