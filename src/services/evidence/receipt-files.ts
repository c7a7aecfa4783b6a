import type { Mail } from '../../ports/mail.ts';
import type { ReceiptStore } from '../../ports/storage/receipts.ts';
import { type RecordedReceipt, readRecordedReceipt } from './receipt.ts';

/** What is attached to an alert. */
export type Attachments = NonNullable<Mail['attachments']>;

/**
 * A trip's receipt as files: the JSON, which `npx parker verify` checks, and a text for people and for a bank's evidence form.
 * @throws Refused `missing` when the user has no such trip
 */
export async function receiptFiles(
  receipts: ReceiptStore,
  userId: string,
  tripId: string,
): Promise<Attachments> {
  const { receipt } = await readRecordedReceipt(receipts, userId, tripId);
  const file = (extension: string, contentType: string, text: string) => ({
    filename: `receipt-${tripId}.${extension}`,
    content: Buffer.from(text),
    contentType,
  });
  return [
    file('json', 'application/json', `${JSON.stringify(receipt, null, 2)}\n`),
    file('txt', 'text/plain', receiptText(receipt)),
  ];
}

function receiptText({ tripId, outcome, maxPrice, decisions, money, evidence }: RecordedReceipt): string {
  const selected = decisions.flatMap(({ at, offers = [], chosen = null }) => {
    const offer = offers.find(({ offerId }) => offerId === chosen);
    return offer
      ? [`${at}  chose ${chosen} at ${offer.price.amount} ${offer.price.currency} of ${offers.length} offers`]
      : [];
  });
  const lines = [
    `Receipt of trip ${tripId}`,
    '',
    outcome.message,
    `The traveller agreed to pay up to ${maxPrice.amount} ${maxPrice.currency}.`,
    '',
    'Decisions',
    ...selected,
    '',
    'Money',
    ...money.events.map(({ at, kind, amount }) => [at, kind, amount ?? ''].join('  ').trimEnd()),
    '',
    `${evidence.entries.length} entries of the audit log are in the JSON file, chained by SHA-256; the last is`,
    evidence.entries.at(-1)?.hash ?? 'missing',
  ];
  return `${lines.join('\n')}\n`;
}
