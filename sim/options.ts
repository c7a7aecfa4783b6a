import { parseArgs } from 'node:util';
import { DAYS, type Day } from './explore.ts';
import { type FaultKind, faultsOf, type Strike, scheduledFaultsOf } from './faults.ts';

export type Options =
  | { readonly kind: 'seeds'; readonly from: number; readonly seeds: number }
  | { readonly kind: 'faults'; readonly faults: 1 | 2 }
  | { readonly kind: 'replay'; readonly path: string }
  | {
      readonly kind: 'story';
      readonly seed: number;
      readonly day: Day;
      readonly strikes: readonly Strike[] | null;
    };

const HELP = `Simulates bookings with the real saga, monitor, webhook and reconciler code on virtual time.

  npm run sim -- --seeds 10000            seeds 1 to 10,000, each a world in which anything may go wrong
  npm run sim -- --seeds 500 --from 9000  from another seed on
  npm run sim -- --seed 42                one seed again, with its story
  npm run sim -- --faults 1               every schedule of one fault on a calm day, in the booking, in confirming its payment, in cancelling it and in refunding it; 2: of two
  npm run sim -- --strikes 12:lost,20:pause   one such schedule again, with its story; --day confirming, cancelling or refunding: of that day
  npm run sim -- --replay incident.json       a trip's story again, from npx parker export-incident; or a folder of them

Exits 1 on any violation of an invariant of docs/reliability.md.`;

/** Reads the command line. What can't be read is said in one line, with exit code 2. */
export function readOptions(argv: string[]): Options {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        seeds: { type: 'string' },
        from: { type: 'string' },
        seed: { type: 'string' },
        faults: { type: 'string' },
        strikes: { type: 'string' },
        day: { type: 'string' },
        replay: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      console.log(HELP);
      process.exit(0);
    }
    if (values.replay !== undefined) return { kind: 'replay', path: values.replay };
    if (values.seed !== undefined)
      return { kind: 'story', seed: whole('seed', values.seed), day: 'booking', strikes: null };
    if (values.strikes !== undefined)
      return {
        kind: 'story',
        seed: 0,
        day: readDay(values.day),
        strikes: values.strikes.split(',').map(readStrike),
      };
    if (values.faults === '1' || values.faults === '2')
      return { kind: 'faults', faults: Number(values.faults) as 1 | 2 };
    if (values.faults !== undefined) throw new Error('--faults takes 1 or 2');
    const { seeds = '10000', from = '1' } = values;
    return { kind: 'seeds', seeds: whole('seeds', seeds), from: whole('from', from) };
  } catch (error) {
    console.error(`sim: ${(error as Error).message}`);
    process.exit(2);
  }
}

function readDay(text = 'booking'): Day {
  const day = DAYS.find((known) => known === text);
  if (!day) throw new Error(`--day is one of ${DAYS.join(', ')}`);
  return day;
}

function whole(name: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new Error(`--${name} takes a whole number`);
  return Number(text);
}

const KINDS = new Set<string>([
  ...faultsOf('store.commit'),
  ...faultsOf('flights.search'),
  ...scheduledFaultsOf('flights.createOrder'),
  ...scheduledFaultsOf('payments.authorize'),
  ...faultsOf('payments.capture'),
]);

function readStrike(text: string): Strike {
  const [at = '', kind = ''] = text.split(':');
  if (!KINDS.has(kind)) throw new Error(`--strikes: no fault is called ${kind || 'nothing'}`);
  return { at: whole('strikes', at), kind: kind as FaultKind };
}
