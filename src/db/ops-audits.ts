import type { OpsAuditEntry } from '../ports/storage/ops-audits.ts';
import type { Db } from './client/index.ts';

/** Appends an act of ops to their log. */
export async function insertOpsAudit(db: Db, { target, ...entry }: OpsAuditEntry): Promise<void> {
  await db
    .insertInto('opsAudits')
    .values({ ...entry, target: JSON.stringify(target) })
    .execute();
}
