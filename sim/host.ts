import type { Clock } from '../src/ports/clock.ts';
import type { Chance } from './chance.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One worker process: it has a clock of its own, may be stopped for a while, and may die in the middle of anything. */
export class Host {
  readonly name: string;
  readonly clock: Clock;
  alive = true;
  /** Raised by each death: what was under way in the life before never goes on. */
  life = 0;
  /** Stopped until then, like a process that was sent SIGSTOP. */
  stoppedUntil = 0;
  readonly #time: VirtualTime;

  constructor(name: string, time: VirtualTime, skewMs: number) {
    this.name = name;
    this.#time = time;
    this.clock = {
      now: () => new Date(time.now + skewMs),
      every: (ms, tick) => {
        const { life } = this;
        let callOff = () => undefined as void;
        const again = (): void => {
          callOff = this.#wake(ms, life, again);
          tick();
        };
        callOff = this.#wake(ms, life, again);
        return () => callOff();
      },
    };
  }

  get awake(): boolean {
    return this.alive && this.stoppedUntil <= this.#time.now;
  }

  /** Time passes for what runs here in this life; it never ends when the life does. */
  pass(ms: number, life: number): Promise<void> {
    return new Promise((resolve) => this.#wake(ms, life, resolve));
  }

  die(): void {
    this.alive = false;
    this.life += 1;
  }

  revive(): void {
    this.alive = true;
    this.stoppedUntil = 0;
  }

  /** @returns what calls it off */
  #wake(ms: number, life: number, run: () => void): () => void {
    let off = false;
    const arrive = (): void => {
      if (off || !this.alive || this.life !== life) return;
      const late = this.stoppedUntil - this.#time.now;
      if (late > 0) this.#time.after(late, arrive);
      else run();
    };
    const callOff = this.#time.after(ms, arrive);
    return () => {
      off = true;
      callOff();
    };
  }
}

/** How long a stopped worker stays stopped: past its claim, sometimes past every deadline. */
export const pauseOf = (chance: Chance): number => chance.skewed(21_000, 1_500_000);
