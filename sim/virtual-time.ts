interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  off: boolean;
}

/** A clock that jumps from event to event. Events of the same instant run in the order they were asked for. */
export class VirtualTime {
  now: number;
  /** Called before each event, so that what is shared by all runs of the process serves this one. */
  beforeEach: () => void = () => undefined;
  /** Called after each event and all that followed from it at once. */
  afterEach: () => void = () => undefined;
  events = 0;
  readonly #heap: Event[] = [];
  #order = 0;

  constructor(start: number) {
    this.now = start;
  }

  /** @returns what calls it off */
  at(at: number, run: () => void): () => void {
    const event: Event = { at: Math.max(at, this.now), order: this.#order++, run, off: false };
    push(this.#heap, event);
    return () => {
      event.off = true;
    };
  }

  after(ms: number, run: () => void): () => void {
    return this.at(this.now + ms, run);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Runs events until `done` says so, none is left, or the time is up. @returns false when the time was up */
  async run(done: () => boolean, until: number): Promise<boolean> {
    for (;;) {
      if (done()) return true;
      const event = pop(this.#heap);
      if (!event) return true;
      if (event.off) continue;
      if (event.at > until) return false;
      this.now = event.at;
      this.beforeEach();
      event.run();
      // What the event set going runs in promises; all of them have settled when the next macrotask comes.
      await macrotask();
      this.events += 1;
      this.afterEach();
    }
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
