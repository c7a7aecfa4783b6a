import { finish } from '../moves.ts';
import type { Move } from '../ports.ts';

/** Everything happened: the booking row, the trip's end, the audit and the mail commit together. */
export async function run(): Promise<Move> {
  return finish({ kind: 'booked' });
}
