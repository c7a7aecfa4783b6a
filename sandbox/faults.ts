import { z } from 'zod';

export const faultSchema = z.object({
  /** Operation, such as `duffel.orders.create`; a trailing `*` matches every operation below it. */
  target: z.string().min(1),
  /**
   * `slow_answer`: the effect is done at once, the answer comes `delayMs` later. `spoilt`: the effect is done, and `body` is
   * laid over the answer's data, field by field; null takes a field away.
   */
  fault: z.enum([
    'slow_answer',
    'lost_answer',
    'reset',
    'timeout',
    'truncated',
    'status',
    'latency',
    'spoilt',
  ]),
  status: z.number().int().min(200).max(599).optional(),
  body: z.unknown().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** How many calls it strikes. */
  times: z.number().int().positive().default(1),
  /** Calls let through unharmed before it starts to strike. */
  after: z.number().int().min(0).default(0),
  delayMs: z.number().int().min(0).default(0),
});

export type Fault = z.infer<typeof faultSchema>;

/** Faults wait here until the call they are meant for arrives. */
export class Faults {
  #pending: Fault[] = [];

  add(fault: Fault): void {
    this.#pending.push({ ...fault });
  }

  clear(): void {
    this.#pending = [];
  }

  list(): readonly Fault[] {
    return this.#pending;
  }

  /** The fault that strikes this call, if any; it is used up by the asking. */
  take(target: string): Fault | undefined {
    for (const fault of this.#pending) {
      const matches = fault.target.endsWith('*')
        ? target.startsWith(fault.target.slice(0, -1))
        : fault.target === target;
      if (!matches) continue;
      if (fault.after > 0) {
        fault.after -= 1;
        continue;
      }
      fault.times -= 1;
      if (fault.times <= 0) this.#pending = this.#pending.filter((other) => other !== fault);
      return fault;
    }
    return undefined;
  }
}
