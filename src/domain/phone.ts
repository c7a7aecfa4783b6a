import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/**
 * A phone number as airlines take it. It is held against the numbering plan of its country, for the airline would refuse
 * one that nobody can have after the fare was found.
 * @param text international, with its plus; blanks and other marks between the digits do not matter
 * @returns E.164; null when no such number exists
 */
export function toE164(text: string): string | null {
  const phone = parsePhoneNumberFromString(text, { extract: false });
  return phone?.isValid() && !phone.ext ? phone.number : null;
}
