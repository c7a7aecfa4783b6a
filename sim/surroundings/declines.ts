import { demand } from '../breach.ts';
import type { NotificationRow, Tables } from '../memory/tables.ts';

/** Words of the card network's whose reason no traveller may read. Source: Stripe, "Decline codes". */
const UNDISCLOSED: Readonly<Record<string, RegExp>> = {
  stolen_card: /stolen/i,
  lost_card: /lost[ _]card/i,
  fraudulent: /fraud/i,
  pickup_card: /pick[ _]?up/i,
};

/** What issuers have said in one run. */
export class Declines {
  readonly #codes: readonly [string, ...string[]];
  readonly #said: string[] = [];
  readonly #attempts = new Set<string>();

  constructor(codes: readonly [string, ...string[]]) {
    this.#codes = codes;
  }

  /** The issuer's word for the next decline. */
  next(): string {
    return this.#codes[this.#said.length % this.#codes.length] as string;
  }

  note(attemptId: string, code: string): void {
    this.#said.push(code);
    this.#attempts.add(attemptId);
  }

  /** E1: what a traveller can read gives no reason that must not be told. E2: a card is blamed only after its issuer said no. */
  check(tables: Tables, views: readonly unknown[]): void {
    const mails = [...tables.notifications.values()].filter(({ kind }) => kind !== 'ops_alert');
    const readable = JSON.stringify([tables.audits, mails, views]);
    for (const code of this.#said) {
      const reason = UNDISCLOSED[code];
      demand(!reason?.test(readable), 'E1', () => `a traveller can read that a decline was ${code}`);
    }
    for (const mail of mails) this.#checkBlame(tables, mail);
  }

  #checkBlame({ attempts }: Tables, { kind, dedupeKey, data }: NotificationRow): void {
    if (!/declined|your bank/i.test(JSON.stringify(data))) return;
    const attempt = attempts.get(dedupeKey.slice(kind.length + 1));
    if (!attempt) return;
    const said = this.#attempts.has(attempt.id);
    demand(said, 'E2', () => `${kind} for ${attempt.errorCode}, and no issuer said no`);
  }
}
