import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const MB = 2 ** 20;

/** Allocates 60 times 100,000 objects, of which the last 100,000 live. Prints the peaks of the young generation and of the heap. */
const ALLOCATE = `
  const { getHeapSpaceStatistics, setFlagsFromString } = await import('node:v8');
  const peak = { young: 0, heap: 0 };
  const allocate = async () => {
    let live = [];
    for (let round = 0; round < 60; round += 1) {
      live = [];
      for (let n = 0; n < 100_000; n += 1) live.push({ n, list: [n] });
      const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size;
      peak.young = Math.max(peak.young, young);
      peak.heap = Math.max(peak.heap, process.memoryUsage().heapTotal);
    }
  };
  if (process.argv[1] === 'limited') await (await import('./src/bin/v8-heap.ts')).limitHeapGrowth(allocate);
  else {
    if (process.argv[1] === 'young limited') setFlagsFromString('--semi-space-growth-factor=1');
    await allocate();
  }
  console.log(JSON.stringify(peak));`;

/** The peaks in a process of its own, for V8's flags hold for a whole process. In bytes. */
function peaks(mode: 'unlimited' | 'young limited' | 'limited'): { young: number; heap: number } {
  const args = ['--input-type=module', '-e', ALLOCATE, mode];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: new URL('..', import.meta.url) }).toString());
}

test('while a role loads, the young generation stays within 16 MB; without the limit it grows beyond', () => {
  expect(peaks('limited').young).toBeLessThanOrEqual(16 * MB);
  expect(peaks('unlimited').young).toBeGreaterThan(16 * MB);
});

test('the heap is collected at 50 % growth, which keeps it a quarter smaller than V8 by itself', () => {
  expect(peaks('limited').heap).toBeLessThan(0.75 * peaks('young limited').heap);
});
