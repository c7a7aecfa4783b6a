import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { checkLinks } from '../services/evidence/links.ts';
import { verifyAuditLog } from '../services/evidence/verify.ts';
import { type Command, counted } from './command.ts';

const receiptSchema = z.object({
  evidence: z.object({
    entries: z.array(
      z.object({
        chain: z.string(),
        seq: z.number(),
        canonical: z.string(),
        prevHash: z.string(),
        hash: z.string(),
      }),
    ),
  }),
});
const SHOWN = 20;

export const verify: Command = async ({ ports, words: [file] }) => {
  if (file) return verifyReceipt(file);
  const { entries, chains, problems, digest } = await verifyAuditLog(ports().auditLog);
  const read = `${counted(entries, 'entry', 'entries')} in ${counted(chains, 'chain')}`;
  for (const problem of problems.slice(0, SHOWN)) console.log(`✗ ${problem}`);
  if (problems.length > SHOWN) console.log(`  and ${problems.length - SHOWN} more`);
  console.log(
    problems.length
      ? `verify: ${read}, ${counted(problems.length, 'problem')}`
      : `verify: ${read}, every hash, link and replay holds; digest ${digest}`,
  );
  return problems.length ? 1 : 0;
};

async function verifyReceipt(file: string): Promise<number> {
  const parsed = receiptSchema.safeParse(readJson(file, await readFile(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file} is not a receipt`);
  const { entries } = parsed.data.evidence;
  const problems = checkLinks(entries, undefined);
  for (const problem of problems) console.log(`✗ ${problem}`);
  console.log(
    `verify: ${counted(entries.length, 'entry', 'entries')}, ${counted(problems.length, 'problem')}`,
  );
  return problems.length ? 1 : 0;
}

/** @throws Error that names the file: the parser's own says only where in it */
function readJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}`);
  }
}
