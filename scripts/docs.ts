import { readFileSync, writeFileSync } from 'node:fs';
import { FLAGS, type FlagSpec } from '../src/flags/registry.ts';

/** Writes docs/flags.md from the registry; with --verify it only says whether it is up to date. */
const file = new URL('../docs/flags.md', import.meta.url);
const row = ([key, { owner, kind, purpose, expires, safe, needs }]: [string, FlagSpec]) =>
  `| \`${key}\` | ${kind} | ${owner} | ${purpose}${needs ? ` Needs ${needs.map((need) => `\`${need}\``).join(', ')}.` : ''} | ${safe ? 'on' : 'off'} | ${expires ?? 'stays'} |`;

const text = `# Flags

Generated from \`src/flags/registry.ts\` by \`npm run docs\`; change it there. "Without an answer" is the value that holds when LaunchDarkly
can't be asked: always the side on which no new money moves.

| flag | kind | owner | purpose | without an answer | until |
|---|---|---|---|---|---|
${Object.entries(FLAGS).map(row).join('\n')}
`;

if (process.argv.includes('--verify')) {
  if (readFileSync(file, 'utf8') === text) process.exit(0);
  console.error('docs/flags.md is out of date: run npm run docs');
  process.exit(1);
}
writeFileSync(file, text);
