import { availableParallelism } from 'node:os';
import { styleText } from 'node:util';
import { Hunter } from './hunt.ts';
import { MUTANTS } from './list.ts';
import { optionsOf, readRecorded, writeRecorded } from './record.ts';
import { tryStorage } from './storage.ts';
import { STORAGE_MUTANTS } from './storage-mutants.ts';

/**
 * `npm run mutants`: takes each defence out of the real code and says which check notices. What caught it last is recorded in
 * caught.json and tried first; what does not catch it any more is replaced there.
 * `-- --recorded`: only tries what is recorded. `-- --simulator`, `-- --storage`: those mutants alone. `-- --pairs`: each two.
 */
const asked = (option: string): boolean => process.argv.includes(option);
const only = asked('--recorded');
const recorded = readRecorded();
let caught = 0;
const lived: string[] = [];

if (asked('--pairs')) await tryPairs();
else {
  if (!asked('--storage')) await trySimulated();
  if (!asked('--simulator')) await tryStored();
}
const what = asked('--pairs') ? 'pairs of mutants' : 'mutants';
console.log(`mutants: ${caught} of ${caught + lived.length} ${what} caught, ${lived.length} lived`);
if (only && lived.length)
  console.log('`npm run mutants` looks for what catches them now, and records it in sim/mutants/caught.json');
process.exit(lived.length ? 1 : 0);

async function trySimulated(): Promise<void> {
  const { simulator } = recorded;
  await onAllCores(MUTANTS, async (hunter, { name }) => {
    const known = simulator[name];
    const again = known && (await hunter.tryRuns([name], [known]));
    if (again) return tell(name, again.check, optionsOf(again.run));
    if (known) console.log(`  ${name} lived through ${optionsOf(known)}`);
    const found = only ? null : await hunter.search([name]);
    tell(name, found?.check, found && optionsOf(found.run));
    if (only) return;
    if (found) simulator[name] = found.run;
    else delete simulator[name];
    writeRecorded(recorded);
  });
}

async function tryStored(): Promise<void> {
  const { storage } = recorded;
  const first = await tryStorage(STORAGE_MUTANTS, ({ name }) => storage[name] ?? null);
  const left = STORAGE_MUTANTS.filter(({ name }) => !first.has(name));
  const found = only ? first : new Map([...first, ...(await tryStorage(left, () => null))]);
  for (const { name } of STORAGE_MUTANTS) {
    const catching = found.get(name);
    tell(name, catching?.test, catching?.file);
    if (catching) storage[name] = catching.file;
    else delete storage[name];
  }
  if (!only) writeRecorded(recorded);
}

/** Most pairs die of what catches one of the two. */
async function tryPairs(): Promise<void> {
  const names = MUTANTS.map(({ name }) => name);
  const pairs = names.flatMap((first, index) => names.slice(index + 1).map((second) => [first, second]));
  await onAllCores(pairs, async (hunter, pair) => {
    const known = pair.flatMap((name) => recorded.simulator[name] ?? []);
    if ((await hunter.tryRuns(pair, known)) ?? (await hunter.search(pair))) caught += 1;
    else tell(pair.join(' + '));
  });
}

async function onAllCores<T>(
  all: readonly T[],
  work: (hunter: Hunter, one: T) => Promise<void>,
): Promise<void> {
  const queue = all.values();
  const lane = async (): Promise<void> => {
    const hunter = new Hunter();
    for (const one of queue) await work(hunter, one);
    await hunter.close();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
}

/** @param how what to run to see it again */
function tell(name: string, check?: string, how?: string | null): void {
  if (check) caught += 1;
  else lived.push(name);
  const result = check ? `\n    ${check}\n    ${how}` : only ? ' lived through what is recorded' : ' lived';
  console.log(`${styleText(check ? 'green' : 'red', check ? '✓' : '✗')} ${name}${result}`);
}
