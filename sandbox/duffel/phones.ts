/**
 * How many digits follow a calling code, from and to. Source: the national numbering plans as ITU-T E.164 lists them; a code
 * that is not here may have 6 to 12.
 */
const NATIONAL_DIGITS: readonly (readonly [code: string, from: number, to: number])[] = [
  ['1', 10, 10],
  ['7', 10, 10],
  ['20', 8, 10],
  ['27', 9, 9],
  ['30', 10, 10],
  ['31', 9, 9],
  ['32', 8, 9],
  ['33', 9, 9],
  ['34', 9, 9],
  ['39', 6, 11],
  ['41', 9, 9],
  ['43', 4, 13],
  ['44', 9, 10],
  ['45', 8, 8],
  ['46', 7, 10],
  ['47', 8, 8],
  ['48', 9, 9],
  ['49', 5, 12],
  ['52', 10, 10],
  ['55', 10, 11],
  ['61', 9, 9],
  ['64', 8, 10],
  ['65', 8, 8],
  ['81', 9, 10],
  ['82', 8, 11],
  ['86', 9, 11],
  ['91', 10, 10],
  ['351', 9, 9],
  ['353', 7, 9],
  ['358', 5, 12],
  ['380', 9, 9],
  ['852', 8, 8],
  ['971', 8, 9],
  ['972', 8, 9],
];
const OTHERS = { from: 6, to: 12 };
/** E.164 allows so many digits, the calling code included. */
const MOST_DIGITS = 15;

const isDigit = (character: string): boolean => character >= '0' && character <= '9';

/** Whether a number is one that can be dialled: a plus, a calling code, and as many digits as the country has. */
export function isDiallable(phone: string): boolean {
  const digits = phone.slice(1);
  if (!phone.startsWith('+') || digits.startsWith('0') || digits.length > MOST_DIGITS) return false;
  if (![...digits].every(isDigit)) return false;
  const plan = NATIONAL_DIGITS.find(([code]) => digits.startsWith(code));
  if (!plan) return digits.length >= OTHERS.from + 2 && digits.length <= OTHERS.to + 3;
  const [code, from, to] = plan;
  const national = digits.slice(code.length);
  // North American area codes and exchanges begin with 2 to 9.
  if (code === '1' && (isLow(national[0]) || isLow(national[3]))) return false;
  return national.length >= from && national.length <= to;
}

const isLow = (digit: string | undefined): boolean => digit === '0' || digit === '1';
