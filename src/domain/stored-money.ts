/** What our tables know of a call: null while its outcome is not known. Absent: it was never made. */
export type CallOutcomes = Readonly<Record<string, string | null | undefined>>;

/** Money of an attempt in minor units, by our tables alone; null is unknown, not zero. */
export interface StoredMoney {
  readonly reservedMinor: number | null;
  readonly capturedMinor: number | null;
}

/**
 * What an attempt has reserved and captured as far as our tables know. The same rules say what a case's money is (db/cases.ts).
 * @param attempt what was to be authorized, and the total of its order, in minor units
 */
export function storedMoney(
  calls: CallOutcomes,
  attempt: {
    readonly hasPayment: boolean;
    readonly amountMinor: number | null;
    readonly totalMinor: number | null;
  },
): StoredMoney {
  const { authorize, capture, void: voided } = calls;
  if (authorize === undefined && !attempt.hasPayment) return { reservedMinor: 0, capturedMinor: 0 };
  return { reservedMinor: reserved(), capturedMinor: captured() };

  function reserved(): number | null {
    if (voided === 'released' || capture === 'captured') return 0;
    if (voided === null) return null;
    if (authorize === 'held') return attempt.amountMinor;
    return authorize === undefined || authorize === null || authorize === 'unknown' ? null : 0;
  }
  function captured(): number | null {
    if (capture === 'captured') return attempt.totalMinor ?? attempt.amountMinor;
    if (capture === null || capture === 'unknown') return null;
    return capture === undefined && authorize === undefined ? null : 0;
  }
}
