import type { Order } from '../../sandbox/duffel/types.ts';
import type { VendorRows } from '../../src/ports/vendor-list.ts';
import { demand } from '../breach.ts';
import { type Chance, createChance } from '../chance.ts';
import type { UnreadablePlan } from './plan.ts';

type Body = Readonly<Record<string, unknown>>;
/** A body without something that is needed of it. */
type Spoil = (body: Body) => unknown;
type Kind = 'order' | 'payment';

/** Wherever the object is shown. Its id stays, and whose it is. */
const SPOILS: Readonly<Record<Kind | 'offer', readonly [Spoil, ...Spoil[]]>> = {
  order: [
    (order) => ({ ...order, total_amount: null }),
    (order) => ({ ...order, total_amount: '3,99.0' }),
    (order) => ({ ...order, total_currency: 826 }),
    (order) => ({ ...order, cancelled_at: {} }),
  ],
  payment: [
    (intent) => ({ ...intent, amount: null }),
    (intent) => ({ ...intent, status: 7 }),
    (intent) => ({ ...intent, latest_charge: { amount_refunded: 'some' } }),
  ],
  offer: [
    (offer) => ({ ...offer, total_amount: null }),
    (offer) => ({ ...offer, slices: 'none' }),
    () => null,
  ],
};
/** In lists only. */
const withoutId: Spoil = ({ id: _, ...rest }) => rest;
/** Of a 201: the id says that there is an order, and nothing for how much. */
const onlyId: Spoil = ({ id }) => ({ id });

interface Spoilt {
  readonly spoil: Spoil;
  readonly until: number;
  readonly inListsOnly: boolean;
}

/** What is needed of the world around. */
interface Around {
  now(): number;
  later(ms: number, run: () => void): void;
  /** Whoever reads lists should look again. */
  changed(): void;
  guard(check: () => void): void;
}

/** Rows as a list shows them. */
export interface ShownRows {
  readonly bodies: readonly unknown[];
  /** How many of them can't be read. */
  readonly spoilt: number;
}

/** Which bodies of the vendors can't be read at the moment. An object that was readable when it was first shown stays so. */
export class Unreadable {
  readonly #plan: UnreadablePlan | null;
  readonly #chance: Chance | null;
  readonly #around: Around;
  readonly #known = new Map<string, Spoilt | null>();

  constructor(plan: UnreadablePlan | null, around: Around) {
    this.#plan = plan;
    this.#chance = plan && createChance(plan.seed);
    this.#around = around;
  }

  /** What the 201 of a create-order shows. The order itself, read by its id, is another body. */
  answer(order: Order): unknown {
    if (!this.#hits() || !this.#chance) return order;
    return this.#chance.pick([onlyId, ...SPOILS.order])({ ...order });
  }

  /** A 201 that shows the order's id alone; the order itself can't be read for so long either. */
  answerWithId(order: Order, ms: number): unknown {
    if (ms > 0) this.#spoil(order.id, { spoil: SPOILS.order[0], inListsOnly: false }, ms);
    return onlyId({ ...order });
  }

  /** An object as it is read by its id. */
  byId<T extends { readonly id: string }>(kind: Kind, body: T): unknown {
    const spoilt = this.#spoiltNow(kind, body.id);
    return spoilt && !spoilt.inListsOnly ? spoilt.spoil({ ...body }) : body;
  }

  /** Rows as a list shows them. */
  rows<T extends { readonly id: string }>(kind: Kind, rows: readonly T[]): ShownRows {
    const spoilt = rows.map(({ id }) => this.#spoiltNow(kind, id));
    return {
      bodies: rows.map((row, index) => spoilt[index]?.spoil({ ...row }) ?? row),
      spoilt: spoilt.filter(Boolean).length,
    };
  }

  /** Offers of one search; each search makes new ones. @returns null when all of them can be read */
  offers(offers: readonly object[]): ShownRows | null {
    const chance = this.#chance;
    if (!chance) return null;
    const bodies = offers.map((offer) => (this.#hits() ? chance.pick(SPOILS.offer)({ ...offer }) : offer));
    const spoilt = bodies.filter((body, index) => body !== offers[index]).length;
    return spoilt > 0 ? { bodies, spoilt } : null;
  }

  /** B1: a row that can't be read hides no other, and is counted. */
  check(what: string, shown: ShownRows, { rows, unreadable }: VendorRows<unknown>): void {
    const { bodies, spoilt } = shown;
    this.#around.guard(() =>
      demand(
        rows.length === bodies.length - spoilt && unreadable.length === spoilt,
        'B1',
        () =>
          `${spoilt} of ${bodies.length} ${what} can't be read: ${rows.length} were, ${unreadable.length} counted`,
      ),
    );
  }

  #hits(): boolean {
    return this.#chance !== null && this.#plan !== null && this.#chance.hits(this.#plan.rate);
  }

  #spoiltNow(kind: Kind, id: string): Spoilt | null {
    if (!this.#known.has(id)) this.#draw(kind, id);
    const spoilt = this.#known.get(id) ?? null;
    return spoilt && spoilt.until > this.#around.now() ? spoilt : null;
  }

  #draw(kind: Kind, id: string): void {
    const [chance, plan] = [this.#chance, this.#plan];
    if (!chance || !plan) return;
    if (!this.#hits()) return void this.#known.set(id, null);
    const inListsOnly = chance.hits(0.5);
    const spoil = inListsOnly && chance.hits(0.3) ? withoutId : chance.pick(SPOILS[kind]);
    this.#spoil(id, { spoil, inListsOnly }, chance.skewed(5_000, plan.longestMs));
  }

  #spoil(id: string, how: Omit<Spoilt, 'until'>, ms: number): void {
    this.#known.set(id, { ...how, until: this.#around.now() + ms });
    this.#around.later(ms, () => this.#around.changed());
  }
}
