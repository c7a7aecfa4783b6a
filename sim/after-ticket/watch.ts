import { demand } from '../breach.ts';
import type { Tables } from '../memory/tables.ts';
import type { Vendors } from '../vendors/vendors.ts';
import { airlineAtRest, airlineHeard, airlineUnheard, type TicketsSeen } from './airline-checks.ts';
import { RefundLedger } from './ledger.ts';
import { checkMail } from './mail-checks.ts';
import { afterTicketAtRest, neverTooMuchBack, unheardOf } from './rest-checks.ts';

interface World {
  readonly tables: Tables;
  readonly vendors: Vendors;
}

/** How often it is looked whether the vendors' news were heard, in virtual time. */
const LOOK_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;
/** Longer than the hourly look takes, whatever goes wrong. */
const HEARD_WITHIN_MS = 3 * HOUR_MS;
/** A refund that succeeded is looked at once a day. */
const HEARD_AFTER_SUCCESS_MS = 24 * HOUR_MS + HEARD_WITHIN_MS;

/** R1–R9 of docs/reliability.md: holds what is stored, shown and mailed after the ticket against the vendors' own books. */
export class AfterTicketWatch {
  readonly #world: World;
  readonly #ledger: RefundLedger;
  /** The status of each refund at the bank, and since when. */
  readonly #changed = new Map<string, { readonly status: string; readonly at: number }>();
  readonly #ticketsSeen: TicketsSeen = new Map();
  #mailsSeen = 0;
  #lookedAt = 0;

  constructor(world: World) {
    this.#world = world;
    this.#ledger = new RefundLedger(world.vendors);
  }

  /** Whether what the vendors say has yet to be heard of. */
  get unheardOf(): boolean {
    return unheardOf(this.#world) || airlineUnheard(this.#world);
  }

  /** To be called after something happened at the vendors. @throws Breach */
  afterEffect(now: number): void {
    this.#ledger.note(now);
    for (const { id, status } of this.#world.vendors.payments.refunds)
      if (this.#changed.get(id)?.status !== status) this.#changed.set(id, { status, at: now });
    neverTooMuchBack(this.#world);
  }

  /** To be called after each event. @throws Breach */
  afterEvent(now: number): void {
    this.#checkNewMails();
    if (now - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = now;
    this.#checkHeard(now);
    airlineHeard(this.#world, now, this.#ticketsSeen);
  }

  /** R2: what becomes of a refund is heard of in time, whether or not a webhook came. */
  #checkHeard(now: number): void {
    for (const { providerRefundId, status } of this.#world.tables.refunds.values()) {
      const news = this.#changed.get(providerRefundId ?? '');
      if (!news || news.status === status) continue;
      const within = status === 'succeeded' ? HEARD_AFTER_SUCCESS_MS : HEARD_WITHIN_MS;
      const late = now - news.at;
      demand(late < within, 'R2', () => `a refund is ${news.status} for ${late} ms, and taken for ${status}`);
    }
  }

  #checkNewMails(): void {
    const { notifications } = this.#world.tables;
    if (notifications.size === this.#mailsSeen) return;
    const mails = [...notifications.values()].slice(this.#mailsSeen);
    this.#mailsSeen = notifications.size;
    for (const mail of mails) checkMail({ ...this.#world, ledger: this.#ledger }, mail);
  }

  /** @throws Breach */
  atRest(): void {
    afterTicketAtRest(this.#world);
    airlineAtRest(this.#world);
  }
}
