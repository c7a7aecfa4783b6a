/** E.164: a plus, a country calling code, at most 15 digits in all. */
const E164 = /^\+[1-9]\d{6,14}$/;

/**
 * Digits in all, of countries whose numbers have one length. A shorter or longer one can't be dialled, and the airline would refuse it
 * after the fare was found. Source: ITU-T E.164, national numbering plans.
 */
const LENGTHS: Record<string, readonly number[]> = {
  '1': [11],
  '7': [11],
  '31': [11],
  '33': [11],
  '34': [11],
  '41': [11],
  '44': [11, 12],
  '45': [10],
  '47': [10],
  '48': [11],
  '61': [11],
  '91': [12],
  '351': [12],
};

/** Whether the text is an international phone number that can exist. */
export function isPhoneNumber(text: string): boolean {
  if (!E164.test(text)) return false;
  const digits = text.slice(1);
  const code = Object.keys(LENGTHS).find((candidate) => digits.startsWith(candidate));
  return code === undefined || (LENGTHS[code] ?? []).includes(digits.length);
}
