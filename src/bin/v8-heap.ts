import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** V8 collects when the heap is 50 % larger than its live objects; on a large machine it would wait for 400 %. */
const GROWTH_PERCENT = 50;
/** Limit of the young generation: two semi-spaces of 8 MB. More makes no booking cheaper; V8's default is three of 16 MB. */
const YOUNG_BYTES = 16 * 2 ** 20;
/** How often the size of the young generation is checked. */
const CHECK_INTERVAL_MS = 100;

/**
 * Loads a role, and limits the growth of its heap from then on. V8 sizes its heap by the machine: loading a thousand modules
 * makes the young generation grow to its maximum, which an idle process then keeps. `make bench -- footprint soak` measures it.
 *
 * It relies on two V8 flags that V8 reads again at run time. test/v8-heap.test.ts fails when an upgrade drops either, or
 * reads it at start only.
 * @param role imports the role's module; it resolves when the role is up
 */
export async function limitHeapGrowth(role: () => Promise<unknown>): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  allowYoungGrowth(false);
  await role();
  setInterval(() => allowYoungGrowth(youngBytes() < YOUNG_BYTES), CHECK_INTERVAL_MS).unref();
}

const allowYoungGrowth = (grow: boolean) => setFlagsFromString(`--semi-space-growth-factor=${grow ? 2 : 1}`);

const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
