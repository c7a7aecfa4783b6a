import { CASE_ACTIONS } from '../../src/domain/case.ts';
import { inReference } from '../../src/domain/reference-rates.ts';
import { actOnCase, type CaseReply } from '../../src/services/cases/act.ts';
import { listCases } from '../../src/services/cases/list.ts';
import type { CasePorts, CaseRequest } from '../../src/services/cases/ports.ts';
import { takeCase } from '../../src/services/cases/take.ts';
import type { CaseView } from '../../src/services/cases/view.ts';
import { type Chance, createChance } from '../chance.ts';
import { Host } from '../host.ts';
import { createMemoryCases } from '../memory/cases.ts';
import { openCases } from '../memory/open-cases.ts';
import { through } from '../ports.ts';
import type { Simulated } from '../simulated.ts';
import { checkDecisions } from './case-checks.ts';
import { truthfulDecision } from './case-decision.ts';
import type { Decision } from './decision.ts';
import type { OperatorsPlan } from './plan.ts';

/** Rounds in which a person may still act without having asked anybody. */
const CARELESS_ROUNDS = 3;
const MANY_ROUNDS = 10;

/** People who take what waits for them, and decide it through the product: twice, late, together, in the middle of a crash. */
export class Operators {
  readonly #plan: OperatorsPlan;
  readonly #sim: Simulated;
  readonly #chance: Chance;
  /** The web process that they talk to. */
  readonly #host: Host;
  readonly #rounds = new Map<string, number>();
  readonly #seenBefore = new Map<string, string>();

  constructor(plan: OperatorsPlan, sim: Simulated) {
    this.#plan = plan;
    this.#sim = sim;
    this.#chance = createChance(plan.seed);
    this.#host = new Host('web-1', sim.time, 0);
  }

  start(): void {
    this.#sim.time.every(
      this.#plan.everyMs,
      () => this.busy,
      () => void this.#look(),
    );
  }

  /** Whether something waits for them. */
  get busy(): boolean {
    return openCases(this.#sim.tables).length > 0;
  }

  /** @throws Breach */
  checkAtRest(): void {
    checkDecisions(this.#sim.tables, { needsTwo: this.#plan.twoPeopleAbove === 0 });
  }

  async #look(): Promise<void> {
    if (!this.#host.awake) return;
    const views = await this.#attempt(() => listCases(this.#ports()));
    for (const view of views ?? []) await this.#deal(view);
  }

  async #deal(view: CaseView): Promise<void> {
    const chance = this.#chance;
    const { id } = view;
    const round = (this.#rounds.get(id) ?? 0) + 1;
    this.#rounds.set(id, round);
    // What can't be decided is looked at less and less.
    if (round > MANY_ROUNDS && !chance.hits(0.1)) return;
    const [one, other] = chance.pick([
      ['ada', 'bob'],
      ['bob', 'ada'],
    ]) as [string, string];
    if (chance.hits(0.3))
      await this.#attempt(() =>
        takeCase(this.#ports(), { id, who: one, over: chance.hits(0.5), correlationId: null }),
      );
    const careless = round <= CARELESS_ROUNDS && chance.hits(0.3);
    const decision: Decision | null = careless
      ? { action: chance.pick(CASE_ACTIONS), statement: {} }
      : truthfulDecision(this.#sim, view, chance);
    if (!decision) return;
    const seen = this.#seenBefore.get(id) ?? view.version;
    this.#seenBefore.set(id, view.version);
    const version = chance.hits(0.1) ? seen : view.version;
    const request = { id, ...decision, reason: 'as the airline said', version, correlationId: null };
    const first = this.#decide({ ...request, who: one });
    // Two people may answer the same alert.
    const second = chance.hits(0.15) ? this.#decide({ ...request, who: other }) : null;
    if ((await first)?.state === 'proposed') await this.#confirm(request, one, other);
    await second;
    if (chance.hits(0.2)) await this.#decide({ ...request, who: one });
  }

  /** Sometimes whoever proposed tries to confirm, and sometimes the proposal is too old by then. */
  async #confirm(request: Omit<CaseRequest, 'who'>, one: string, other: string): Promise<void> {
    const chance = this.#chance;
    if (chance.hits(0.3)) await this.#decide({ ...request, who: one });
    const later = chance.pick([0, 5_000, 5_000, 70 * 60_000]);
    if (later > 0) await this.#host.pass(later, this.#host.life);
    await this.#decide({ ...request, who: other });
  }

  #decide(request: CaseRequest): Promise<CaseReply | null> {
    const kind = openCases(this.#sim.tables).find(({ id }) => id === request.id)?.kind ?? 'ended case';
    const what = `${request.who} decides ${request.action} ${JSON.stringify(request.statement)} of the ${kind}`;
    return this.#attempt(() => actOnCase(this.#ports(), request), what);
  }

  /** What is refused, or breaks, is tried again at another look. */
  async #attempt<T>(work: () => Promise<T>, what = 'an operator looks'): Promise<T | null> {
    try {
      const result = await work();
      const { state } = (result ?? {}) as { state?: string };
      if (state) this.#sim.tell(() => `${what}: ${state}`);
      return result;
    } catch (error) {
      if (error instanceof TypeError) throw error;
      this.#sim.tell(() => `${what}: ${(error as Error).message}`);
      return null;
    }
  }

  #ports(): CasePorts {
    const sim = this.#sim;
    const run = { host: this.#host, claimed: null };
    const limit = this.#plan.twoPeopleAbove * 100;
    return {
      cases: through(sim, run, 'cases', createMemoryCases(sim.tables)),
      flights: through(sim, run, 'flights', sim.flights),
      payments: through(sim, run, 'payments', sim.payments),
      clock: this.#host.clock,
      afterCommit: () => sim.tables.afterCommit(),
      caseSettings: { needsTwoPeople: (stake) => inReference(stake, 'GBP').minor > limit },
    };
  }
}
