import type { Command } from './command.ts';

export const payload: Command = async ({ ports, words: [offerId] }) => {
  if (!offerId) throw new Error('payload takes the id of an offer');
  const offer = await ports().offerAsSent(offerId);
  if (!offer) throw new Error(`offer ${offerId} is not stored, or no longer`);
  console.log(JSON.stringify(offer, null, 2));
  return 0;
};
