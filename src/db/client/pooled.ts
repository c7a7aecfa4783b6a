import { PreparingClient } from './prepared.ts';

const BEGINS = /^(begin|start transaction)\b/i;
const ENDS = /^(commit|rollback)\s*$/i;
/** What a statement meets after another of its transaction was refused. Source: PostgreSQL, "Appendix A". */
const IN_FAILED_TRANSACTION = '25P02';

/**
 * A client for poolers in transaction mode, such as PgBouncer and Neon's: they take no startup options, and give each transaction
 * another session. So every transaction begins with its settings, a statement on its own becomes a transaction, and nothing is
 * prepared by name. All of it is pipelined, and takes no further round trip.
 *
 * Should `begin` fail, what follows runs as the login. That is why `check.ts` refuses a login that may do anything by itself.
 * @param settings of each transaction, by name
 */
export function pooledClient(settings: Readonly<Record<string, string | number>>): typeof PreparingClient {
  const names = Object.keys(settings);
  const text = `select ${names.map((name, at) => `set_config('${name}', $${at + 1}, true)`).join(', ')}`;
  const values = names.map((name) => String(settings[name]));
  return class extends PreparingClient {
    protected override readonly prepares = false;
    #inTransaction = false;

    override query(...call: unknown[]): never {
      const [sent] = call;
      const send = (...own: unknown[]): Promise<unknown> => Reflect.apply(super.query, this, own);
      if (typeof sent !== 'string' || ENDS.test(sent)) {
        this.#inTransaction = false;
        return send(...call) as never;
      }
      if (BEGINS.test(sent)) {
        this.#inTransaction = true;
        const answer = send(...call);
        // When it is refused, so is every later statement of the transaction.
        send(text, values).catch(() => undefined);
        return answer as never;
      }
      if (this.#inTransaction) return send(...call) as never;
      return lastOf([send('begin'), send(text, values), send(...call), send('commit')]) as never;
    }
  };
}

/** The answer of the statement between its settings and its commit, once all are answered. @throws the first refusal */
async function lastOf(answers: readonly Promise<unknown>[]): Promise<unknown> {
  const results = await Promise.allSettled(answers);
  const refusals = results.flatMap((one) =>
    one.status === 'rejected' ? [one.reason as { code?: string }] : [],
  );
  if (refusals.length) throw refusals.find(({ code }) => code !== IN_FAILED_TRANSACTION) ?? refusals[0];
  return (results[2] as PromiseFulfilledResult<unknown>).value;
}
