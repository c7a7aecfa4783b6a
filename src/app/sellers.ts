import type { Config } from '../config.ts';
import type { AccountTrouble } from '../errors.ts';
import type { Seller } from '../ports/flights.ts';
import { createDuffel } from '../providers/duffel/index.ts';
import type { Quota } from '../providers/duffel/quota.ts';
import type { NoteUnreadable } from '../providers/lenient.ts';

/** What every vendor's adapter reports. */
export interface VendorNotes {
  /** A row that can't be read. @param vendor by its name in health checks */
  readonly unreadable: (vendor: string) => NoteUnreadable;
  readonly trouble: (trouble: AccountTrouble) => void;
  /** The quota that an answer of Duffel states. */
  readonly duffelQuota: (quota: Quota) => void;
}

/** Every seller of flights. A new one is one more entry here; docs/add-a-seller.md says what else it needs. */
export const createSellers = (config: Config, notes: VendorNotes): readonly Seller[] => [
  createDuffel({
    token: config.DUFFEL_ACCESS_TOKEN,
    baseUrl: config.DUFFEL_BASE_URL,
    orderTimeoutMs: config.DUFFEL_ORDER_TIMEOUT_MS,
    webhookSecret: config.DUFFEL_WEBHOOK_SECRET,
    deployment: config.DEPLOYMENT,
    noteQuota: notes.duffelQuota,
    noteTrouble: notes.trouble,
    noteUnreadable: notes.unreadable('duffel'),
  }),
];
