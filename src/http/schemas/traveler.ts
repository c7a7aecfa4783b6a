import { z } from 'zod';
import { isPhoneNumber } from '../../domain/phone.ts';
import { date, instant } from './values.ts';

/** Duffel takes 1 to 20 letters of ASCII, Latin-1 and Latin Extended-A, without ligatures and without dots. */
const name = z
  .string()
  .trim()
  .min(1)
  .max(20, 'must be at most 20 characters, as airlines print it')
  .regex(
    /^[A-Za-zÀ-ÅÇ-ÏÑ-ÖØ-Ýß-åç-ïñ-öø-ýÿ-ıĴ-őŔ-ſ][A-Za-zÀ-ÅÇ-ÏÑ-ÖØ-Ýß-åç-ïñ-öø-ýÿ-ıĴ-őŔ-ſ '-]*$/,
    'must be written in Latin letters without dots or digits, as in the passport',
  );

export const travelerInput = z
  .strictObject({
    title: z.enum(['mr', 'ms', 'mrs', 'miss', 'dr']),
    givenName: name,
    familyName: name,
    bornOn: date.refine(
      (value) => value <= new Date().toISOString().slice(0, 10) && value > '1900-01-01',
      'must be a date of birth',
    ),
    gender: z.enum(['m', 'f']),
    email: z.email('must be an e-mail address').max(200),
    phone: z.string().refine(isPhoneNumber, 'must be an international number such as +442080160509'),
  })
  .meta({ id: 'TravelerInput' });

export const traveler = z
  .object({ id: z.uuid(), ...travelerInput.shape, createdAt: instant })
  .meta({ id: 'Traveler' });
