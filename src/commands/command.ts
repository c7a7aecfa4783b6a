import type { Clock } from '../ports/clock.ts';
import type { Identity, OpsRole, VerifyToken } from '../ports/identity.ts';
import type { AuditLog } from '../ports/storage/audit-log.ts';
import type { CaseStore } from '../ports/storage/cases.ts';
import type { FuseStore } from '../ports/storage/fuse.ts';
import type { FuseLimits } from '../ports/storage/fuse-check.ts';
import type { IncidentStore } from '../ports/storage/incidents.ts';
import type { OpsTripStore } from '../ports/storage/ops-trips.ts';
import type { CasePorts } from '../services/cases/ports.ts';

/** Everything the commands need of the outside. */
export interface CommandPorts {
  readonly fuseStore: FuseStore;
  /** The bounds of this environment, which should be the workers'. @throws Error naming the variables that are malformed */
  readonly fuseLimits: () => FuseLimits;
  readonly auditLog: AuditLog;
  readonly incidents: IncidentStore;
  readonly caseStore: CaseStore;
  readonly opsTrips: OpsTripStore;
  readonly clock: Pick<Clock, 'now'>;
  /** The vendors, for commands that ask them. @throws Error naming what the environment lacks */
  readonly vendors: () => Pick<CasePorts, 'flights' | 'payments' | 'caseSettings'>;
  /** @returns an offer as the provider sent it; undefined when it is no longer stored */
  readonly offerAsSent: (offerId: string) => Promise<unknown>;
  /** As the API does. @throws ConfigError when the variables AUTH_… do not say which tokens are believed */
  readonly verifyToken: VerifyToken;
}

/** Opens the ports on the database at this URL. `src/app/commands.ts` does. */
export type OpenPorts = (
  databaseUrl: string,
  env: NodeJS.ProcessEnv,
) => CommandPorts & {
  /** @returns what is wrong with the database, in one line; null when all is well */
  readonly trouble: () => Promise<string | null>;
  readonly close: () => Promise<void>;
};

/** The words and options of one command. */
export interface Line {
  /** Opens them when they are needed; some commands need none. @throws Error when no database is named */
  readonly ports: () => CommandPorts;
  readonly words: readonly string[];
  /** The person at the terminal, proven by a token with one of these roles; see `operator.ts`. */
  readonly operator: (roles?: readonly OpsRole[]) => Promise<Identity>;
  /** Whether there is a token to prove it by. */
  readonly hasToken: boolean;
  readonly as?: string | undefined;
  readonly out?: string | undefined;
  readonly reason?: string | undefined;
  readonly version?: string | undefined;
  readonly order?: string | undefined;
  readonly amount?: string | undefined;
  readonly 'no-order'?: boolean | undefined;
  readonly 'accept-loss'?: boolean | undefined;
  readonly 'paid-elsewhere'?: boolean | undefined;
  readonly over?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** @returns the exit code. @throws Error with one line for whoever typed it */
export type Command = (line: Line) => Promise<number>;

/** `1 entry`, `3 entries`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
