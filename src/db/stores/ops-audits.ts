import type { Kysely } from 'kysely';
import type { OpsAuditStore } from '../../ports/storage/ops-audits.ts';
import type { DB } from '../client/index.ts';
import { insertOpsAudit } from '../ops-audits.ts';

/** The log of what ops did, in Postgres. */
export const createOpsAuditStore = ({ db }: { db: Kysely<DB> }): OpsAuditStore => ({
  record: (entry) => insertOpsAudit(db, entry),
});
