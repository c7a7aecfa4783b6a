import { isSupportedCountry } from 'libphonenumber-js/max';
import { z } from 'zod';
import { NO_GIVEN_NAME } from '../../domain/passenger.ts';
import { toE164 } from '../../domain/phone.ts';
import { date, instant } from './values.ts';

/** Typographic apostrophes and hyphens, which phones and word processors write, as airlines take them. */
const plain = (text: string): string =>
  text
    .replaceAll(/[\u2018\u2019\u02BC\u00B4`]/g, "'")
    .replaceAll(/[\u2010-\u2013]/g, '-')
    .replaceAll(/\s+/g, ' ');

/** Duffel takes 1 to 20 letters of ASCII, Latin-1 and Latin Extended-A, without ligatures and without dots. */
const name = z
  .string()
  .normalize('NFC')
  .overwrite(plain)
  .trim()
  .min(1)
  .max(20, 'must be at most 20 characters, as airlines print it: leave out further names')
  .regex(
    /^[A-Za-zÀ-ÅÇ-ÏÑ-ÖØ-Ýß-åç-ïñ-öø-ýÿ-ıĴ-őŔ-ſ][A-Za-zÀ-ÅÇ-ÏÑ-ÖØ-Ýß-åç-ïñ-öø-ýÿ-ıĴ-őŔ-ſ '-]*$/,
    'must be written in Latin letters without dots or digits, as in the passport',
  );

/** Numbers are read off cards and passports in groups. */
const ungrouped = (text: string): string => text.replaceAll(/[\s-]/g, '');
const today = (): string => new Date().toISOString().slice(0, 10);

const issuingCountry = z
  .string()
  .regex(/^[A-Z]{2}$/, 'must be a two-letter ISO 3166 code in capitals')
  // The library knows the countries of ISO 3166, and Kosovo.
  .refine((code): boolean => isSupportedCountry(code), 'is no country that we know');

const identityDocument = z
  .strictObject({
    type: z.literal('passport'),
    number: z
      .string()
      .max(40)
      .overwrite((text) => ungrouped(text).toUpperCase())
      .regex(/^[A-Z0-9]{5,20}$/, 'must be 5 to 20 letters and digits, as in the passport'),
    issuingCountry,
    expiresOn: date.refine((value) => value > today(), 'must be a day to come: the passport has expired'),
  })
  .meta({ id: 'IdentityDocumentInput' });

const airline = z.string().regex(/^[A-Z0-9]{2}$/, 'must be a two-character IATA airline code');
const loyaltyAccounts = z
  .array(
    z
      .strictObject({
        airline,
        number: z
          .string()
          .max(40)
          .overwrite(ungrouped)
          .regex(/^[A-Za-z0-9]{3,25}$/, 'must be 3 to 25 letters and digits'),
      })
      .meta({ id: 'LoyaltyAccount' }),
  )
  .max(10, 'must be at most ten accounts')
  .refine(
    (accounts) => new Set(accounts.map((account) => account.airline)).size === accounts.length,
    'must name each airline once',
  );

const person = {
  title: z.enum(['mr', 'ms', 'mrs', 'miss', 'dr']),
  givenName: name,
  familyName: name,
  bornOn: date.refine((value) => value <= today() && value > '1900-01-01', 'must be a date of birth'),
  gender: z.enum(['m', 'f']),
  email: z.email('must be an e-mail address').max(200),
  phone: z
    .string()
    .max(40)
    .overwrite((text) => toE164(text) ?? text)
    .refine((text) => toE164(text) === text, 'must be an international number such as +442080160509'),
};

export const travelerInput = z
  .strictObject({
    ...person,
    givenName: name.default(NO_GIVEN_NAME).describe('Left out for somebody whose passport has one name.'),
    identityDocument: identityDocument.optional(),
    loyaltyAccounts: loyaltyAccounts.optional(),
  })
  .meta({ id: 'TravelerInput' });

export const travelerChange = z
  .strictObject({
    ...person,
    identityDocument: identityDocument.nullable().describe('Null deletes it.'),
    loyaltyAccounts,
  })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .meta({ id: 'TravelerChange' });

export const traveler = z
  .object({
    id: z.uuid(),
    title: person.title,
    givenName: z.string(),
    familyName: z.string(),
    bornOn: date,
    gender: person.gender,
    email: z.string(),
    phone: z.string(),
    identityDocument: z
      .object({
        type: z.literal('passport'),
        numberEnding: z.string().describe('Its last three characters; the number itself is never shown.'),
        issuingCountry: z.string(),
        expiresOn: date,
      })
      .nullable(),
    loyaltyAccounts: z.array(z.object({ airline, number: z.string() })),
    createdAt: instant,
  })
  .meta({ id: 'Traveler' });
