import { Permanent } from '../src/errors.ts';
import { book } from '../src/processors/book.ts';
import { done, type Handlers } from '../src/processors/handler.ts';
import { monitor } from '../src/processors/monitor.ts';
import { reconcile } from '../src/processors/reconcile.ts';
import { reconcileVendors } from '../src/processors/reconcile-vendors.ts';
import { search } from '../src/processors/search.ts';
import { webhook } from '../src/processors/webhook.ts';
import { createLocks } from '../src/queues/lock.ts';
import type { Host } from './host.ts';
import {
  createMemoryDirectory,
  createMemoryEvents,
  createMemoryOrphans,
  createMemoryStanding,
} from './memory/outside.ts';
import { createMemoryWatch } from './memory/watch.ts';
import { sagaPorts, through } from './ports.ts';
import { CADENCE, type Run, type Simulated } from './simulated.ts';

/** The simulated airline turns nobody away for asking too often, except by a fault. */
const UNLIMITED = {
  take: async () => ({ waitMs: 0, done: async () => undefined }),
  room: async () => null,
};

/** The real handlers on one worker; each delivery sees the world through ports of its own. */
export function handlersFor(sim: Simulated, host: Host): Handlers {
  const { tables, flags, log } = sim;
  const { clock } = host;
  const newRun = (): Run => ({ host, claimed: null });
  const directory = (run: Run) => through(sim, run, 'directory', createMemoryDirectory(tables));
  const watching = (run: Run) => ({
    watch: through(sim, run, 'watch', createMemoryWatch(tables)),
    flights: through(sim, run, 'flights', sim.flights),
    flags,
    cadence: CADENCE,
    quota: UNLIMITED,
    clock,
  });
  return {
    search: (payload, context) => search(watching(newRun()))(payload, context),
    monitor: (payload, context) => {
      const locks = createLocks(sim.redis, 'sim', clock);
      return monitor({ ...watching(newRun()), locks })(payload, context);
    },
    book: (payload, context) => book(sagaPorts(sim, newRun()))(payload, context),
    reconcile: (payload, context) => {
      const run = newRun();
      const standing = through(sim, run, 'standing', createMemoryStanding(tables));
      return reconcile({ standing, directory: directory(run), clock })(payload, context);
    },
    'reconcile-vendors': async (payload, context) => {
      const run = newRun();
      const result = await reconcileVendors({
        orphans: through(sim, run, 'orphans', createMemoryOrphans(tables)),
        directory: directory(run),
        flights: through(sim, run, 'flights', sim.flights),
        payments: through(sim, run, 'payments', sim.payments),
        clock,
        log,
      })(payload, context);
      sim.looked();
      return result;
    },
    webhook: (payload, context) => {
      const run = newRun();
      return webhook({
        orphans: through(sim, run, 'orphans', createMemoryOrphans(tables)),
        events: through(sim, run, 'events', createMemoryEvents(tables)),
        directory: directory(run),
        flights: through(sim, run, 'flights', sim.flights),
        payments: through(sim, run, 'payments', sim.payments),
      })(payload, context);
    },
    // Mail is rendered and sent outside the simulator; here it only has to be asked for exactly once.
    notify: async ({ notificationId }) => {
      for (const row of tables.notifications.values()) if (row.id === notificationId) row.sent = true;
      return done();
    },
    'cancel-booking': async () => {
      throw new Permanent('not_simulated', 'travellers of the simulator keep their bookings');
    },
    cleanup: async () => {
      throw new Permanent('not_simulated', 'the simulator ends before the night');
    },
  };
}
