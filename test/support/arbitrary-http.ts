import fc from 'fast-check';

/** Visible characters of Latin-1: what HTTP lets through in a header. */
export const headerText: fc.Arbitrary<string> = fc.string({
  unit: fc
    .integer({ min: 0x21, max: 0xff })
    .filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 300,
});

/** A value as a segment of a path or a part of a query. A longer request line is refused by Node itself, with 431. */
export const inPath = (value: unknown): string =>
  encodeURIComponent(String(value).slice(0, 500).toWellFormed());
