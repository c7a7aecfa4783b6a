import { availableParallelism } from 'node:os';
import { styleText } from 'node:util';
import { type Caught, hunt } from './hunt.ts';
import { MUTANTS, STORAGE_MUTANTS } from './list.ts';
import { tryContract } from './storage.ts';

/** `npm run mutants`: takes each defence out of the real code and says which check noticed. `-- --pairs`: each two. */
const names = MUTANTS.map(({ name }) => name);
const pairs = process.argv.includes('--pairs');
const wanted = pairs
  ? names.flatMap((first, index) => names.slice(index + 1).map((second) => [first, second]))
  : names.map((name) => [name]);

const caught: Caught[] = [];
const queue = wanted.values();
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (const mutants of queue) {
      const one = await hunt(mutants);
      caught.push(one);
      if (!pairs || !one.by) tell(one);
    }
  }),
);
if (!pairs)
  for (const { name } of STORAGE_MUTANTS) {
    const one = await tryContract(name);
    caught.push(one);
    tell(one);
  }
const lived = caught.filter(({ by }) => !by);
const what = pairs ? 'pairs of mutants' : 'mutants';
console.log(
  `mutants: ${caught.length - lived.length} of ${caught.length} ${what} caught, ${lived.length} lived`,
);
process.exit(lived.length ? 1 : 0);

function tell({ mutants, by, runs }: Caught): void {
  const name = mutants.join(' + ');
  if (by)
    console.log(`${styleText('green', '✓')} ${name}\n    ${by.check}\n    ${by.how}, after ${runs} runs`);
  else console.log(`${styleText('red', '✗')} ${name} lived through ${runs} runs`);
}
