import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { openCommandPorts } from '../../src/app/commands.ts';
import { runCommand } from '../../src/commands/index.ts';

const out: string[] = [];
const err: string[] = [];
vi.spyOn(console, 'log').mockImplementation((line) => void out.push(String(line)));
vi.spyOn(console, 'error').mockImplementation((line) => void err.push(String(line)));
afterAll(() => vi.restoreAllMocks());
beforeEach(() => {
  out.length = 0;
  err.length = 0;
});
const parker = (line: string) => runCommand(line.split(' ').filter(Boolean), {}, openCommandPorts);

test.each(['', 'help', '--help', '-h', 'fuse --help', 'case --help', 'cases -h'])(
  'npx parker %s lists the commands',
  async (line) => {
    expect(await parker(line)).toBe(0);
    expect(out.join()).toContain('npx parker cases');
    expect(err).toEqual([]);
  },
);

test('an unknown command is named in one line on stderr', async () => {
  expect(await parker('fuze blow')).toBe(2);
  expect(out).toEqual([]);
  expect(err).toEqual(['parker: there is no command fuze; npx parker help lists them']);
});

test('verify names a file that is not JSON', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parker-'));
  const file = join(folder, 'receipt.txt');
  writeFileSync(file, 'Receipt of a trip');
  expect(await parker(`verify ${file}`)).toBe(2);
  expect(err).toEqual([expect.stringContaining(`parker verify: ${file} is not JSON: `)]);
  rmSync(folder, { recursive: true });
});
