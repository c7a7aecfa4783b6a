/** A trip's rows as an incident file is made of them; nothing here says whose trip it is. */
export interface IncidentRecords {
  readonly trip: {
    readonly maxPriceMinor: number;
    readonly currency: string;
    readonly autoBookStatus: string;
    readonly outcome: { readonly code: string };
    readonly createdAt: Date;
  };
  /** By number. */
  readonly attempts: readonly {
    readonly id: string;
    readonly number: number;
    readonly status: string;
    readonly errorCode: string | null;
    readonly amountMinor: number | null;
    readonly epoch: number;
  }[];
  /** In the order in which their intents were recorded. */
  readonly steps: readonly {
    readonly attemptId: string;
    readonly step: string;
    readonly tries: number;
    readonly outcome: string | null;
  }[];
  /** In the order of the audit log. */
  readonly entries: readonly {
    readonly at: Date;
    readonly attemptId: string | null;
    readonly type: string;
    readonly detail: unknown;
  }[];
}

/** Reads what incident files are made of. */
export interface IncidentStore {
  /** @returns undefined when there is no such trip */
  read(tripId: string): Promise<IncidentRecords | undefined>;
}
