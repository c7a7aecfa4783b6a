import type { Passenger } from '../../domain/passenger.ts';
import { AlreadyExists, Refused } from '../../errors.ts';
import type { Cursor, Page } from '../../ports/storage/page.ts';
import type { StoredTraveler, TravelerStore } from '../../ports/storage/travelers.ts';
import type { PiiCipher } from '../privacy/pii-cipher.ts';

/** Who flies. It is stored encrypted; its fields are those that airlines require. */
export type Traveler = Passenger;

export interface TravelerView extends Traveler {
  readonly id: string;
  readonly createdAt: string;
}

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
    return { id, ...traveler, createdAt: createdAt.toISOString() };
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
  return { id, ...cipher.decrypt<Traveler>(dataKey, userId, pii), createdAt: createdAt.toISOString() };
}
