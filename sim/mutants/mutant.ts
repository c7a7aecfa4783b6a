/** A defence taken out of the real code, as a replacement of its text; text that is no longer there is an error. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}
