import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const replay = (file: string) => {
  const { status, stderr } = spawnSync(process.execPath, ['sim/main.ts', '--replay', file], {
    encoding: 'utf8',
  });
  return { status, stderr };
};

test('what can not be replayed is named in one line, with exit code 2', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parker-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const missing = join(folder, 'missing.json');
  expect(replay(missing)).toEqual({
    status: 2,
    stderr: `sim: ENOENT: no such file or directory, stat '${missing}'\n`,
  });
  for (const text of ['export-incident: 18 entries', '{}']) {
    const file = join(folder, 'other.json');
    writeFileSync(file, text);
    expect(replay(file)).toEqual({
      status: 2,
      stderr: `sim: ${file} is not an incident of npx parker export-incident\n`,
    });
  }
}, 60_000);
