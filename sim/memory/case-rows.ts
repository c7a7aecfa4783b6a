import type { CaseProposal } from '../../src/domain/case.ts';
import type { CaseActionRecord } from '../../src/ports/storage/cases.ts';

/** What people do about a case. */
export interface CaseRow {
  takenBy: string | null;
  takenAt: number | null;
  takenVersion: string | null;
  proposal: CaseProposal | null;
}

export type CaseActionRow = { -readonly [Key in keyof CaseActionRecord]: CaseActionRecord[Key] } & {
  acceptedAt: number;
};

/** Something at a vendor that no trip accounts for. */
export interface OrphanRow {
  kind: string;
  action: string;
  attemptId: string | null;
  outcome: string | null;
}
