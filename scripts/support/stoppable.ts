import { setImmediate } from 'node:timers/promises';
import { styleText } from 'node:util';
import { endOwned } from './owned.ts';

const dim = (text: string) => styleText('dim', text);
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Reading terminals and pipes that are gone must not keep anything from ending. */
const print = (line: string) => void process.stdout.write(`${line}\n`);

/**
 * Runs a script that owns processes: Ctrl-C, SIGTERM and a closing terminal end all of them at any moment, and so does a
 * failure, which is said in one line.
 * @param main resolves with the exit code; null to go on until a signal comes. `fail` ends the script from outside of it
 */
export async function runStoppable(
  name: string,
  main: (fail: (why: string) => void) => Promise<number | null>,
): Promise<void> {
  let stopping = false;
  let asked = false;
  const stop = async (code: number, last?: string) => {
    if (stopping) return;
    stopping = true;
    await endOwned();
    if (last) print(last);
    process.exit(code);
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  for (const signal of SIGNALS)
    process.on(signal, () => {
      // Whoever asks twice does not wait: what is left ends by itself.
      if (asked) process.exit(130);
      asked = true;
      if (stopping) return;
      print(dim('\nStopping…'));
      void stop(name === 'run' ? 0 : 130, 'Stopped. Nothing is left running.');
    });
  const fail = (why: string) => {
    if (stopping) return;
    console.error(`${name}: ${why}`);
    void stop(1);
  };
  try {
    const code = await main(fail);
    if (code !== null) await stop(code);
  } catch (error) {
    // What was being started when the signal came fails, and is of no interest: the signal, which has come too, is handled first.
    await setImmediate();
    fail(error instanceof Error ? error.message : String(error));
  }
}
