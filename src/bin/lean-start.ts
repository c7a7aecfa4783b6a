import { setFlagsFromString } from 'node:v8';

/**
 * Loads a role without letting the heap grow for it. A thousand modules leave garbage enough for V8 to grow its young
 * generation to its largest, 48 MB, and an idle process then keeps them. So it may not grow until the role is up; under
 * load it grows as ever. `make bench -- footprint` measures it.
 * @param role imports the role's module, which is up once it has run
 */
export async function leanStart(role: () => Promise<unknown>): Promise<void> {
  setFlagsFromString('--semi-space-growth-factor=1');
  await role();
  setFlagsFromString('--semi-space-growth-factor=2');
}
