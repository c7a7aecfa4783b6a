import type { CaseAction, CaseStatement, OpenCase } from '../../domain/case.ts';
import type { Money } from '../../domain/money.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FlightProvider } from '../../ports/flights.ts';
import type { PaymentProvider } from '../../ports/payments.ts';
import type { CaseStore, CaseTransaction } from '../../ports/storage/cases.ts';

/** Everything that deciding about a case needs of the outside. */
export interface CasePorts {
  readonly cases: CaseStore;
  readonly flights: Pick<FlightProvider, 'order' | 'ordersOf' | 'quoteCancellation' | 'confirmCancellation'>;
  readonly payments: Pick<PaymentProvider, 'authorization' | 'void' | 'refund' | 'refundsOf' | 'disputesOf'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Called after a commit that may have left jobs in the outbox. */
  readonly afterCommit: () => void;
  readonly caseSettings: CaseSettings;
}

export interface CaseSettings {
  /** Whether a decision about so much money takes two people. */
  readonly needsTwoPeople: (stake: Money) => boolean;
}

/** What a person asks to be done. */
export interface CaseRequest {
  readonly id: string;
  readonly action: CaseAction;
  readonly statement: CaseStatement;
  /** Kept with the decision; ops read it, the traveller does not. */
  readonly reason: string;
  /** The operator's id. */
  readonly who: string;
  /** The case as it was read; a case that changed since is refused. */
  readonly version?: string | undefined;
  readonly correlationId: string | null;
}

/** What was decided by asking the vendors, and how it is written. */
export interface CasePlan {
  /** For the person: what happens now. */
  readonly message: string;
  /** Why a second person is needed whatever the amount. */
  readonly needsSecond?: string;
  /** What the decision is about; null is unknown, and then two people are needed. Absent: no money depends on it. */
  readonly stake?: Money | null;
  /** `ACCEPTED`: a job carries it out. */
  readonly state: 'DONE' | 'ACCEPTED';
  /** @returns false when what waits changed meanwhile */
  readonly write: (trx: CaseTransaction) => Promise<boolean>;
}

/** Asks the vendors and says what an action would do. @throws Refused when it would not end in a true state */
export type CasePlanner = (
  ports: Pick<CasePorts, 'flights' | 'payments' | 'clock'>,
  one: OpenCase,
  action: CaseAction,
  statement: CaseStatement,
) => Promise<CasePlan>;
