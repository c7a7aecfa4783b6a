import { z } from 'zod';

/** Single values that several requests and replies carry. */

export const iata = z.string().regex(/^[A-Z]{3}$/, 'must be a three-letter IATA code in capitals');
export const date = z.iso.date('must be a date, yyyy-mm-dd');
export const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time, HH:MM');
export const instant = z.iso.datetime();

export const idParam = z.object({ id: z.uuid() });
