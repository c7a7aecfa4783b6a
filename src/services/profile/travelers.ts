import type { IdentityDocument, LoyaltyAccount, Passenger } from '../../domain/passenger.ts';
import { AlreadyExists, Refused } from '../../errors.ts';
import type { Cursor, Page } from '../../ports/storage/page.ts';
import type { StoredTraveler, TravelerStore } from '../../ports/storage/travelers.ts';
import type { PiiCipher } from '../privacy/pii-cipher.ts';

/** Who flies. It is stored encrypted; its fields are those that airlines require. */
export type Traveler = Passenger;

/** As the API shows it: of a document's number no more than tells one from another. */
export interface TravelerView extends Omit<Traveler, 'identityDocument' | 'loyaltyAccounts'> {
  readonly id: string;
  readonly identityDocument: (Omit<IdentityDocument, 'number'> & { readonly numberEnding: string }) | null;
  readonly loyaltyAccounts: readonly LoyaltyAccount[];
  readonly createdAt: string;
}

/** Fields that are absent stay as they are; a document of null is deleted. */
export type TravelerChange = {
  readonly [Field in keyof Traveler]?:
    | Traveler[Field]
    | (Field extends 'identityDocument' ? null : never)
    | undefined;
};

export interface TravelerDeps {
  readonly travelers: TravelerStore;
  readonly cipher: PiiCipher;
}

/** @param id of the new traveller; the same id again is the same request again */
export async function createTraveler(
  deps: TravelerDeps,
  userId: string,
  id: string,
  traveler: Traveler,
): Promise<TravelerView> {
  try {
    const createdAt = await deps.travelers.transaction(userId, async (trx) =>
      trx.insert({ id, pii: deps.cipher.encrypt(await trx.dataKey(), userId, traveler) }),
    );
    return viewOf(traveler, id, createdAt);
  } catch (error) {
    if (error instanceof AlreadyExists) return readTraveler(deps, userId, id);
    throw error;
  }
}

/** @throws Refused `missing` */
export async function readTraveler(deps: TravelerDeps, userId: string, id: string): Promise<TravelerView> {
  const traveler = await deps.travelers.find(userId, id);
  if (!traveler) throw new Refused('missing', 'There is no such traveller.');
  return viewTraveler(deps.cipher, userId, traveler);
}

/** The user's travellers, newest first. */
export async function listTravelers(
  { travelers, cipher }: TravelerDeps,
  userId: string,
  page: Page,
): Promise<(TravelerView & { readonly cursor: Cursor })[]> {
  const rows = await travelers.list(userId, page);
  return rows.map((row) => ({ ...viewTraveler(cipher, userId, row), cursor: row.cursor }));
}

/**
 * Changes a traveller. On a trip that is still open the date of birth stays, for its fares were searched for that age.
 * @throws Refused `conflict`, `missing`
 */
export async function changeTraveler(
  { travelers, cipher }: TravelerDeps,
  userId: string,
  id: string,
  change: TravelerChange,
): Promise<TravelerView> {
  return travelers.transaction(userId, async (trx) => {
    // Locks the traveller, so that two changes at once do not undo each other.
    const isOnOpenTrip = await trx.isOnOpenTrip(id);
    const stored = await trx.find(id);
    if (!stored) throw new Refused('missing', 'There is no such traveller.');
    const before = cipher.decrypt<Traveler>(stored.dataKey, userId, stored.pii);
    const after = changed(before, change);
    if (isOnOpenTrip && after.bornOn !== before.bornOn)
      throw new Refused('conflict', 'This traveller belongs to a trip that is still open. Cancel it first.', [
        {
          field: 'bornOn',
          code: 'invalid_value',
          message: 'can not change while a trip is open: its fares are for that age',
        },
      ]);
    await trx.update(id, cipher.encrypt(stored.dataKey, userId, after));
    return viewOf(after, id, stored.createdAt);
  });
}

function changed(before: Traveler, { identityDocument, ...change }: TravelerChange): Traveler {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  const document = identityDocument === undefined ? before.identityDocument : identityDocument;
  return { ...before, ...Object.fromEntries(given), identityDocument: document ?? undefined };
}

/**
 * Deletes a traveller. One of a trip that is still open stays, for the ticket needs the name.
 * @throws Refused `conflict` while such a trip is open, `missing`
 */
export async function deleteTraveler(
  { travelers }: Pick<TravelerDeps, 'travelers'>,
  userId: string,
  id: string,
): Promise<void> {
  await travelers.transaction(userId, async (trx) => {
    if (await trx.isOnOpenTrip(id))
      throw new Refused(
        'conflict',
        'This traveller belongs to a trip that is still open. Cancel the trip first.',
      );
    if (!(await trx.delete(id))) throw new Refused('missing', 'There is no such traveller.');
  });
}

function viewTraveler(cipher: PiiCipher, userId: string, stored: StoredTraveler): TravelerView {
  const { id, pii, dataKey, createdAt } = stored;
  return viewOf(cipher.decrypt<Traveler>(dataKey, userId, pii), id, createdAt);
}

/** So much of a document's number is shown. */
const SHOWN_CHARACTERS = 3;

function viewOf(traveler: Traveler, id: string, createdAt: Date): TravelerView {
  const { identityDocument, loyaltyAccounts = [], ...person } = traveler;
  return {
    id,
    ...person,
    identityDocument: identityDocument ? viewDocument(identityDocument) : null,
    loyaltyAccounts,
    createdAt: createdAt.toISOString(),
  };
}

const viewDocument = ({ number, ...document }: IdentityDocument) => ({
  ...document,
  numberEnding: number.slice(-SHOWN_CHARACTERS),
});
