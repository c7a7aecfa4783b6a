import { expect, test } from 'vitest';
import { isPhoneNumber } from '../../src/domain/phone.ts';

test.each(['+442080160509', '+12125550123', '+4915112345678', '+33612345678', '+35312345678'])(
  '%s can be dialled',
  (phone) => expect(isPhoneNumber(phone)).toBe(true),
);

test.each([
  ['without its plus', '442080160509'],
  ['with blanks', '+44 20 8016 0509'],
  ['a digit short for its country', '+1212555012'],
  ['a digit long for its country', '+336123456789'],
  ['with a trunk zero before its code', '+0442080160509'],
  ['longer than E.164 allows', '+4915112345678901'],
])('a number %s can not', (_name, phone) => expect(isPhoneNumber(phone)).toBe(false));
