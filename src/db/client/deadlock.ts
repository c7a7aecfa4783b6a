/** Source: PostgreSQL, "Appendix A. PostgreSQL Error Codes": deadlock_detected. */
const DEADLOCK = '40P01';
/** Two transactions that wait for each other do not meet again and again. */
const MAX_TRIES = 3;

/** Runs a transaction again when Postgres ended it so that another could go on: nothing of it was written. */
export async function repeatingDeadlocks<T>(transaction: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await transaction();
    } catch (error) {
      if ((error as { code?: unknown }).code !== DEADLOCK || tries === MAX_TRIES) throw error;
    }
  }
}
