import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Collected once the heap is half as large again as what lives in it; on a large machine V8 waits for four times that. */
const GROWTH_PERCENT = 50;
/** Two halves of 8 MB: more makes no booking cheaper, and V8 would take three of 16. */
const YOUNG_BYTES = 16 * 2 ** 20;
const LOOK_MS = 100;

/**
 * Loads a role, and keeps its heap small from then on. V8 takes what a machine has, and loading a thousand modules is
 * enough for its young generation to grow to its largest, which an idle process then keeps. These flags are among the few
 * that V8 reads again while it runs; the command line need not name them. `make bench -- footprint soak` measures it.
 * @param role imports the role's module, which is up once it has run
 */
export async function onLeanHeap(role: () => Promise<unknown>): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  letYoungGrow(false);
  await role();
  setInterval(() => letYoungGrow(youngBytes() < YOUNG_BYTES), LOOK_MS).unref();
}

const letYoungGrow = (grow: boolean) => setFlagsFromString(`--semi-space-growth-factor=${grow ? 2 : 1}`);

const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
