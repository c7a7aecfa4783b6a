/** Why the fuse is blown. `by_hand_of_<operator>` when a person did it. */
export type FuseReason =
  | 'spend_per_hour'
  | 'bookings_per_minute'
  | 'unknown_outcomes'
  | 'invariant_breach'
  | (string & {});

/** The state of the fuse. */
export interface FuseView {
  readonly state: 'armed' | 'blown';
  readonly reason: string | null;
  readonly blownAt: Date | null;
  /** The operator who asked to rearm it. */
  readonly rearmAskedBy: string | null;
}

/** What is counted against the fuse's bounds, in minor units of the fuse's currency. */
export interface FuseUsage {
  /** In the last hour, or since the fuse was armed: reserved or captured, and what was charged and credited again. */
  readonly spentMinor: number;
  readonly creditedMinor: number;
  /** Begun in this minute. */
  readonly bookings: number;
  /** Outcomes that became unknown in the last hour. */
  readonly unknowns: number;
  /** Those who have used most of their own bounds in the last hour, the most first. */
  readonly users: readonly {
    readonly userId: string;
    readonly spentMinor: number;
    readonly bookings: number;
  }[];
}

/** A user's bounds over one hour; null for none. */
export interface UserBounds {
  readonly currency: string;
  /** In minor units of `currency`. */
  readonly maxMinor: number | null;
  readonly maxBookings: number | null;
}

/** What an operator did to the fuse, for the operators' audit log. */
export interface FuseAct {
  /** `operator:<subject>` of a verified token, or `claimed:<name>`. */
  readonly actor: string;
  readonly action: 'fuse.blow' | 'fuse.rearm_asked' | 'fuse.rearm_confirmed';
  readonly allowed: boolean;
}

/** Verbs of one transaction on the fuse. */
export interface FuseTransaction {
  /** Reads the fuse, and keeps others from changing it until the transaction ends. @param askedWithinMs older requests to rearm are left out */
  lock(askedWithinMs: number): Promise<Pick<FuseView, 'state' | 'rearmAskedBy'>>;
  /** @returns false when it was blown already */
  blow(reason: FuseReason): Promise<boolean>;
  /** Records who asked to rearm it. */
  askRearm(who: string): Promise<void>;
  /** Arms the fuse, and forgets what was counted towards the fleet's limits. @returns false when the same operator asked for it */
  arm(confirmedBy: string): Promise<boolean>;
  recordAct(act: FuseAct): Promise<void>;
}

/** The fuse in storage. `services/fuse/index.ts` explains what it is. */
export interface FuseStore {
  /** Why the fuse is blown; null while it is armed. */
  reason(): Promise<FuseReason | null>;
  read(): Promise<FuseView>;
  /** What the next charge would be compared with. @param options.currency the fuse's @param options.users so many at most */
  usage(options: { readonly currency: string; readonly users: number }): Promise<FuseUsage>;
  /** Whether the user has used up one of the hour's bounds, so that a new attempt would be refused. */
  userAtLimit(userId: string, bounds: UserBounds): Promise<boolean>;
  transaction<T>(work: (fuse: FuseTransaction) => Promise<T>): Promise<T>;
}
