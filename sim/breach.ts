/** Something is true that never may be. */
export class Breach extends Error {
  override readonly name = 'Breach';
  readonly check: string;
  constructor(check: string, message: string) {
    super(`${check}: ${message}`);
    this.check = check;
  }
}

export function demand(isTrue: boolean, check: string, message: () => string): void {
  if (!isTrue) throw new Breach(check, message());
}
