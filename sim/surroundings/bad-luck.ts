import { type Chance, createChance } from '../chance.ts';
import type { FaultKind, Struck } from '../faults.ts';

/** What a machine can't end alone, where a fare gives nothing back. */
const FAULTS: Readonly<Record<string, readonly [number, readonly [FaultKind, ...FaultKind[]]]>> = {
  'payments.capture': [0.5, ['capture_refused']],
  'flights.createOrder': [
    0.4,
    [
      'order_202_hours',
      'order_202_days',
      'order_never',
      'order_stranger',
      'order_twice',
      'order_unreadable_hours',
    ],
  ],
};

/** A world in which much comes to wait for a person. */
export class BadLuck {
  readonly #chance: Chance;

  constructor(seed: number) {
    this.#chance = createChance(seed ^ 0xbad);
  }

  strike(call: string): Struck | null {
    const [rate, kinds] = FAULTS[call] ?? [0, null];
    return kinds && this.#chance.hits(rate) ? { kind: this.#chance.pick(kinds) } : null;
  }
}
