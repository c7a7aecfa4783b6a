import { sentOffer } from '../services/payload.ts';
import type { Command } from './command.ts';

export const payload: Command = async ({ db, words: [offerId] }) => {
  if (!offerId) throw new Error('payload takes the id of an offer');
  const offer = await sentOffer(db(), offerId);
  if (!offer) throw new Error(`nothing is kept of an offer ${offerId}`);
  console.log(JSON.stringify(offer, null, 2));
  return 0;
};
