import type { Clock } from '../../ports/clock.ts';
import type { KeptAnswers } from '../../ports/kept-answers.ts';
import type { PiiCipher } from '../privacy/pii-cipher.ts';

export interface KeptViewDeps {
  readonly keptAnswers: KeptAnswers;
  readonly cipher: Pick<PiiCipher, 'createDataKey' | 'encrypt' | 'decrypt'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** An answer is given again for so long, in ms, without asking the vendors anew. */
const FRESH_MS = 60_000;

/** An answer of vendors, and when it was given. */
interface View {
  readonly checkedAt: string;
}

/**
 * The vendors' answer under this key: a kept one while it is fresh, else a new one, where they may be asked. An older one says how
 * old it is. It is encrypted where it is kept, for a booking reference opens the booking.
 * @param ask answers `whole: false` when something could not be read: that is not kept
 * @returns null when there is none, and the vendors may not be asked now
 */
export async function keptView<T extends View>(
  { keptAnswers, cipher, clock }: KeptViewDeps,
  { key, userId }: { readonly key: string; readonly userId: string },
  ask: () => Promise<{ readonly view: T; readonly whole: boolean }>,
): Promise<T | null> {
  const kept = await keptAnswers.find(key);
  const known = kept === undefined ? null : decrypted(kept);
  if (known && clock.now().getTime() - Date.parse(known.checkedAt) < FRESH_MS) return known;
  if (!(await keptAnswers.mayAsk(key, userId))) return known;
  try {
    const { view, whole } = await ask();
    if (whole) await keptAnswers.keep(key, encrypted(view));
    return whole || !known ? view : known;
  } finally {
    await keptAnswers.asked(key);
  }

  function encrypted(view: T): string {
    const dataKey = cipher.createDataKey(userId);
    return [dataKey, cipher.encrypt(dataKey, userId, view)].map((part) => part.toString('base64')).join('.');
  }

  /** What keys of ours do not open any more is asked for again. */
  function decrypted(text: string): T | null {
    const [dataKey, view] = text.split('.').map((part) => Buffer.from(part, 'base64'));
    try {
      return cipher.decrypt<T>(dataKey as Buffer, userId, view as Buffer);
    } catch {
      return null;
    }
  }
}
