import { registerHooks } from 'node:module';
import { activeMutants, mutated } from './text.ts';

/** Preloaded into a thread: the modules that MUTANT's mutants name are loaded with their text replaced. */
const active = activeMutants();

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const own = active.some(({ file }) => url.endsWith(`/${file}`));
    return own ? { ...loaded, source: mutated(url, String(loaded.source), active) } : loaded;
  },
});
