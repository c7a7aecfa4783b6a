import { isDeepStrictEqual } from 'node:util';
import type { Kysely } from 'kysely';
import { type ChainedEntry, chainedEntries, chainHeads, currentState, hashOf } from '../../db/audit-chain.ts';
import type { DB, Db } from '../../db/client.ts';

export interface Verification {
  readonly entries: number;
  readonly chains: number;
  /** One line for each thing that is not as it was written. */
  readonly problems: readonly string[];
  /** A hash over the ends of all chains: kept somewhere else, it shows later that none of them was rewritten. */
  readonly digest: string;
}

const PAGE = 2_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Reads the whole audit trail again: every entry's hash, every link, every chain's end, and whether replaying each trip's
 * entries leaves the trip, its attempts and its booking exactly as they stand. All of it as of one moment, so that what is
 * written meanwhile is not taken for a change of what was.
 */
export const verifyTrail = (db: Kysely<DB>): Promise<Verification> =>
  db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(readTrail);

async function readTrail(db: Db): Promise<Verification> {
  const problems: string[] = [];
  const heads = await chainHeads(db);
  const count = { entries: 0, chains: 0 };
  let trail: ChainedEntry[] = [];
  const close = async (): Promise<void> => {
    const [first] = trail;
    if (!first) return;
    count.chains += 1;
    problems.push(...checkLinks(trail, heads.get(first.chain) ?? null), ...(await checkReplay(db, trail)));
    for (const { inPlace, seq } of trail)
      if (!inPlace) problems.push(`${first.chain} #${seq}: its trip or its user was changed`);
    heads.delete(first.chain);
    trail = [];
  };
  const digest: string[] = [...heads].map(([chain, { seq, hash }]) => `${chain} ${seq} ${hash}`).sort();
  for (let after = { chain: '', seq: 0 }; ; ) {
    const page = await chainedEntries(db, { after, limit: PAGE });
    for (const entry of page) {
      if (trail[0] && trail[0].chain !== entry.chain) await close();
      trail.push(entry);
    }
    count.entries += page.length;
    const last = page.at(-1);
    if (!last) break;
    after = { chain: last.chain, seq: last.seq };
  }
  await close();
  for (const chain of heads.keys()) problems.push(`${chain}: all of its entries are gone`);
  return { ...count, problems, digest: hashOf(digest.join('\n')) };
}

/** Whether the links hold together. @param head where the chain must end; null if that is lost, undefined if nobody knows */
export function checkLinks(
  trail: readonly Pick<ChainedEntry, 'chain' | 'seq' | 'canonical' | 'prevHash' | 'hash'>[],
  head: { seq: number; hash: string } | null | undefined,
): string[] {
  const problems: string[] = [];
  let previous = { seq: 0, hash: '' };
  for (const { chain, seq, canonical, prevHash, hash } of trail) {
    const place = `${chain} #${seq}`;
    if (seq !== previous.seq + 1) problems.push(`${place}: follows #${previous.seq}, entries are missing`);
    if (prevHash !== previous.hash) problems.push(`${place}: is not linked to the entry before it`);
    if (hashOf(canonical) !== hash) problems.push(`${place}: does not match its hash, it was changed`);
    previous = { seq, hash };
  }
  const chain = trail[0]?.chain;
  if (head === null) problems.push(`${chain}: where it ends is no longer on record`);
  if (head && (head.seq !== previous.seq || head.hash !== previous.hash))
    problems.push(`${chain}: ends at #${previous.seq}, its last entry was #${head.seq}`);
  return problems;
}

async function checkReplay(db: Db, trail: readonly ChainedEntry[]): Promise<string[]> {
  const [first] = trail;
  // A user's own chain changes no trip; one that is named like nothing of ours was found out by its place.
  if (!first || !UUID.test(first.chain)) return [];
  const { chain } = first;
  const problems: string[] = [];
  const last = trail.at(-1)?.state;
  const now = await currentState(db, chain, null);
  if (!isDeepStrictEqual(last?.trip, now.trip))
    problems.push(`${chain}: the trip is not as its trail left it`);
  if (!isDeepStrictEqual(last?.booking, now.booking))
    problems.push(`${chain}: the booking is not as its trail left it`);
  for (const attemptId of new Set(trail.flatMap((entry) => entry.attemptId ?? []))) {
    const entry = trail.findLast((one) => one.attemptId === attemptId);
    const { attempt } = await currentState(db, chain, attemptId);
    if (!isDeepStrictEqual(entry?.state?.attempt, attempt))
      problems.push(`${chain}: attempt ${attemptId} is not as its trail left it`);
  }
  return problems;
}
