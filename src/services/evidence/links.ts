import { createHash } from 'node:crypto';
import type { ChainedEntry, ChainHead } from '../../ports/storage/audit-log.ts';

/** The hash that an entry must have: SHA-256, in hexadecimal. */
export const hashOf = (canonical: string): string => createHash('sha256').update(canonical).digest('hex');

/**
 * Checks hashes and links of one chain.
 * @param head where the chain must end; null when its head is lost, undefined when it is unknown
 * @returns one line for each problem
 */
export function checkLinks(
  entries: readonly Pick<ChainedEntry, 'chain' | 'seq' | 'canonical' | 'prevHash' | 'hash'>[],
  head: ChainHead | null | undefined,
): string[] {
  const problems: string[] = [];
  let previous = { seq: 0, hash: '' };
  for (const { chain, seq, canonical, prevHash, hash } of entries) {
    const place = `${chain} #${seq}`;
    if (seq !== previous.seq + 1) problems.push(`${place}: follows #${previous.seq}, entries are missing`);
    if (prevHash !== previous.hash) problems.push(`${place}: is not linked to the entry before it`);
    if (hashOf(canonical) !== hash) problems.push(`${place}: does not match its hash, it was changed`);
    previous = { seq, hash };
  }
  const chain = entries[0]?.chain;
  if (head === null) problems.push(`${chain}: where it ends is no longer on record`);
  if (head && (head.seq !== previous.seq || head.hash !== previous.hash))
    problems.push(`${chain}: ends at #${previous.seq}, its last entry was #${head.seq}`);
  return problems;
}
