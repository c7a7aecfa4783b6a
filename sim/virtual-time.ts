interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  /** Asked first, where it is given: true when all there was to do is done. */
  readonly skip: (() => boolean) | null;
  off: boolean;
}

const POLL_MS = 500;
/** Polls that are over are forgotten so many at a time. */
const FORGET_POLLS = 10_000;

/** A clock that jumps from event to event. Events of the same instant run in the order they were asked for. */
export class VirtualTime {
  now: number;
  /** Called before each event, so that what is shared by all runs of the process serves this one. */
  beforeEach: () => void = () => undefined;
  /** Called after each event and all that followed from it at once. */
  afterEach: () => void = () => undefined;
  events = 0;
  readonly #heap: Event[] = [];
  /** Those of `poll`: each comes after the one that was asked for before, so no heap need sort them. */
  #polls: Event[] = [];
  #nextPoll = 0;
  #order = 0;

  constructor(start: number) {
    this.now = start;
  }

  /** @returns what calls it off */
  at(at: number, run: () => void, skip: Event['skip'] = null): () => void {
    const event = this.#event(Math.max(at, this.now), run, skip);
    push(this.#heap, event);
    return () => {
      event.off = true;
    };
  }

  /** @param skip asked first: true when there is nothing that has to be waited for, and `run` is left out */
  after(ms: number, run: () => void, skip: Event['skip'] = null): () => void {
    return this.at(this.now + ms, run, skip);
  }

  /** As `after(POLL_MS, …)`, for what thousands wait with at once. */
  poll(run: () => void, skip: () => boolean): void {
    this.#polls.push(this.#event(this.now + POLL_MS, run, skip));
  }

  /** Runs again and again. @param hasWork looks, and changes nothing: what would find nothing to do is left out */
  every(ms: number, hasWork: () => boolean, run: () => void): void {
    const again = (): void =>
      void this.after(
        ms,
        () => {
          run();
          again();
        },
        () => {
          if (hasWork()) return false;
          again();
          return true;
        },
      );
    again();
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Runs events until `done` says so, none is left, or the time is up. @returns false when the time was up */
  async run(done: () => boolean, until: number): Promise<boolean> {
    let isDone = done();
    for (;;) {
      if (isDone) return true;
      const event = this.#next();
      if (!event) return true;
      if (event.off) continue;
      if (event.at > until) return false;
      this.now = event.at;
      this.events += 1;
      if (event.skip?.()) continue;
      this.beforeEach();
      event.run();
      // What the event set going runs in promises; all of them have settled when the next macrotask comes.
      await macrotask();
      this.afterEach();
      isDone = done();
    }
  }

  #event(at: number, run: () => void, skip: Event['skip']): Event {
    return { at, order: this.#order++, run, skip, off: false };
  }

  #next(): Event | undefined {
    const poll = this.#polls[this.#nextPoll];
    const other = this.#heap[0];
    if (!poll || (other && sooner(other, poll))) return pop(this.#heap);
    this.#nextPoll += 1;
    if (this.#nextPoll > FORGET_POLLS) {
      this.#polls = this.#polls.slice(this.#nextPoll);
      this.#nextPoll = 0;
    }
    return poll;
  }
}

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const sooner = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(heap: Event[], event: Event): void {
  let index = heap.length;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!sooner(event, heap[parent] as Event)) break;
    heap[index] = heap[parent] as Event;
    index = parent;
  }
  heap[index] = event;
}

function pop(heap: Event[]): Event | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (!last || heap.length === 0) return top;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && sooner(heap[child + 1] as Event, heap[child] as Event)) child += 1;
    if (!sooner(heap[child] as Event, last)) break;
    heap[index] = heap[child] as Event;
    index = child;
  }
  heap[index] = last;
  return top;
}
