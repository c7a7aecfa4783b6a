import { expect, test } from 'vitest';
import { toE164 } from '../../src/domain/phone.ts';

test.each(['+442080160509', '+12125550123', '+4915112345678', '+33612345678', '+35312345678'])(
  '%s can be dialled',
  (phone) => expect(toE164(phone)).toBe(phone),
);

test.each(['+44 20 8016 0509', '+44 (20) 8016-0509', '+44.20.8016.0509'])(
  '%s is taken without the marks between its digits',
  (phone) => expect(toE164(phone)).toBe('+442080160509'),
);

test.each([
  ['without its plus', '442080160509'],
  ['a digit short for its country', '+1212555012'],
  ['a digit long for its country', '+336123456789'],
  ['of no area of its country', '+10125550123'],
  ['with a trunk zero before its code', '+0442080160509'],
  ['longer than E.164 allows', '+4915112345678901'],
  ['with an extension', '+442080160509 ext. 5'],
  ['within a sentence', 'call +442080160509'],
  ['that is empty', ''],
])('a number %s can not', (_name, phone) => expect(toE164(phone)).toBeNull());
