import { isDeepStrictEqual } from 'node:util';
import type { AuditLog, AuditLogReader, ChainedEntry } from '../../ports/storage/audit-log.ts';
import { checkLinks, hashOf } from './links.ts';

export interface Verification {
  readonly entries: number;
  readonly chains: number;
  /** One line for each thing that is not as it was written. */
  readonly problems: readonly string[];
  /** A hash over the ends of all chains. Kept elsewhere, it shows later that none of them was rewritten. */
  readonly digest: string;
}

/** Entries read at a time. */
const PAGE = 2_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Reads the whole audit log again, as of one moment: every entry's hash, every link, every chain's end, and whether replaying
 * each trip's entries leaves the trip, its attempts and its booking exactly as they stand.
 */
export const verifyAuditLog = (log: AuditLog): Promise<Verification> => log.snapshot(verify);

async function verify(log: AuditLogReader): Promise<Verification> {
  const problems: string[] = [];
  const heads = await log.chainHeads();
  const count = { entries: 0, chains: 0 };
  let chain: ChainedEntry[] = [];
  const close = async (): Promise<void> => {
    const [first] = chain;
    if (!first) return;
    count.chains += 1;
    problems.push(...checkLinks(chain, heads.get(first.chain) ?? null), ...(await checkReplay(log, chain)));
    for (const { inPlace, seq } of chain)
      if (!inPlace) problems.push(`${first.chain} #${seq}: its trip or its user was changed`);
    heads.delete(first.chain);
    chain = [];
  };
  const digest: string[] = [...heads].map(([name, { seq, hash }]) => `${name} ${seq} ${hash}`).sort();
  for (let after = { chain: '', seq: 0 }; ; ) {
    const page = await log.entries({ after, limit: PAGE });
    for (const entry of page) {
      if (chain[0] && chain[0].chain !== entry.chain) await close();
      chain.push(entry);
    }
    count.entries += page.length;
    const last = page.at(-1);
    if (!last) break;
    after = { chain: last.chain, seq: last.seq };
  }
  await close();
  for (const name of heads.keys()) problems.push(`${name}: all of its entries are gone`);
  return { ...count, problems, digest: hashOf(digest.join('\n')) };
}

/** Whether a trip's last recorded state equals its current state. */
async function checkReplay(log: AuditLogReader, entries: readonly ChainedEntry[]): Promise<string[]> {
  const [first] = entries;
  // A user's own chain changes no trip; one that is named like nothing of ours is reported by its place.
  if (!first || !UUID.test(first.chain)) return [];
  const { chain } = first;
  const problems: string[] = [];
  const last = entries.at(-1)?.state;
  const now = await log.currentState(chain, null);
  if (!isDeepStrictEqual(last?.trip, now.trip))
    problems.push(`${chain}: the trip is not as its audit log left it`);
  if (!isDeepStrictEqual(last?.booking, now.booking))
    problems.push(`${chain}: the booking is not as its audit log left it`);
  for (const attemptId of new Set(entries.flatMap((entry) => entry.attemptId ?? []))) {
    const entry = entries.findLast((one) => one.attemptId === attemptId);
    const { attempt } = await log.currentState(chain, attemptId);
    if (!isDeepStrictEqual(entry?.state?.attempt, attempt))
      problems.push(`${chain}: attempt ${attemptId} is not as its audit log left it`);
  }
  return problems;
}
