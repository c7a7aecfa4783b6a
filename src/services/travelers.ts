import { sql } from 'kysely';
import { asUser, isUniqueViolation } from '../db/client.ts';
import { type Cursor, cursorAt, older, type Page } from '../db/page.ts';
import { Refused } from '../errors.ts';
import type { Passenger } from '../providers/duffel/index.ts';
import type { Storage } from './deps.ts';
import type { Vault } from './vault.ts';

/** Who flies. Kept only as ciphertext; the fields are what airlines ask for. */
export type Traveler = Passenger;

export interface TravelerView extends Traveler {
  readonly id: string;
  readonly createdAt: string;
}

type Deps = Storage & { readonly vault: Vault };

/** @param id of the traveller to be; the same id again is the same request again */
export async function createTraveler(
  deps: Deps,
  userId: string,
  id: string,
  traveler: Traveler,
): Promise<TravelerView> {
  try {
    return await asUser(deps.db, userId, async (trx) => {
      const pii = await deps.vault.seal(trx, userId, traveler);
      const row = await trx
        .insertInto('travelers')
        .values({ id, userId, pii })
        .returning(['id', 'createdAt'])
        .executeTakeFirstOrThrow();
      return { id: row.id, ...traveler, createdAt: row.createdAt.toISOString() };
    });
  } catch (error) {
    if (!isUniqueViolation(error, 'travelers_pkey')) throw error;
    return readTraveler(deps, userId, id);
  }
}

export function readTraveler(deps: Deps, userId: string, id: string): Promise<TravelerView> {
  return asUser(deps.db, userId, async (trx) => {
    const row = await trx.selectFrom('travelers').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw new Refused('missing', 'There is no such traveller.');
    const traveler = await deps.vault.open<Traveler>(trx, userId, row.pii);
    return { id: row.id, ...traveler, createdAt: row.createdAt.toISOString() };
  });
}

export function listTravelers(
  deps: Deps,
  userId: string,
  page: Page,
): Promise<(TravelerView & { cursor: Cursor })[]> {
  return asUser(deps.db, userId, async (trx) => {
    const rows = await trx
      .selectFrom('travelers')
      .select(['id', 'pii', 'createdAt', cursorAt('createdAt')])
      .where(older('createdAt', page))
      .orderBy('createdAt', 'desc')
      .orderBy('id', 'desc')
      .limit(page.limit)
      .execute();
    return Promise.all(
      rows.map(async ({ id, pii, createdAt, at }) => ({
        id,
        ...(await deps.vault.open<Traveler>(trx, userId, pii)),
        createdAt: createdAt.toISOString(),
        cursor: { at, id },
      })),
    );
  });
}

/** A traveller of a trip that is still open stays, for the ticket needs the name. */
export async function deleteTraveler(deps: Deps, userId: string, id: string): Promise<void> {
  await asUser(deps.db, userId, async (trx) => {
    const trip = await trx
      .selectFrom('tripRequests')
      .select('id')
      .where(sql<boolean>`${id} = any (traveler_ids)`)
      .where('autoBookStatus', 'in', ['PENDING', 'BOOKING'])
      .executeTakeFirst();
    if (trip)
      throw new Refused(
        'conflict',
        'This traveller belongs to a trip that is still open. Cancel the trip first.',
      );
    const { numDeletedRows } = await trx.deleteFrom('travelers').where('id', '=', id).executeTakeFirst();
    if (numDeletedRows === 0n) throw new Refused('missing', 'There is no such traveller.');
  });
}
