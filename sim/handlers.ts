import { Permanent } from '../src/errors.ts';
import { acceptChange } from '../src/processors/accept-change.ts';
import { book } from '../src/processors/book.ts';
import { cancelBooking } from '../src/processors/cancel-booking.ts';
import { caseAction } from '../src/processors/case.ts';
import { followOrder } from '../src/processors/follow-order.ts';
import { followPayment } from '../src/processors/follow-payment.ts';
import { done, type Handlers } from '../src/processors/handler.ts';
import { monitor } from '../src/processors/monitor.ts';
import { reconcile } from '../src/processors/reconcile.ts';
import { reconcileVendors } from '../src/processors/reconcile-vendors.ts';
import { search } from '../src/processors/search.ts';
import { webhook } from '../src/processors/webhook.ts';
import { jobs } from '../src/queues/index.ts';
import { createLocks } from '../src/redis/lock.ts';
import { createAttemptDirectory } from '../src/services/booking/directory.ts';
import type { Host } from './host.ts';
import { createMemoryAttemptDirectory } from './memory/attempt-directory.ts';
import { createMemoryAttemptHistory } from './memory/attempt-history.ts';
import { createMemoryBookedOrders } from './memory/booked-orders.ts';
import { createMemoryCancellations } from './memory/cancellations.ts';
import { createMemoryCases } from './memory/cases.ts';
import { createMemoryDisputes } from './memory/disputes.ts';
import { createMemoryFuse } from './memory/fuse.ts';
import { createMemoryNotifications } from './memory/notifications.ts';
import { createMemoryOrphans } from './memory/orphans.ts';
import { createMemoryOutbox } from './memory/outbox.ts';
import { createMemoryRefunds } from './memory/refunds.ts';
import { createMemoryStuckWork } from './memory/stuck-work.ts';
import { createMemoryWatch } from './memory/watch.ts';
import { createMemoryWebhookEvents } from './memory/webhook-events.ts';
import { bookingPorts, cancellingPorts, through } from './ports.ts';
import { type Run, SCHEDULE, type Simulated } from './simulated.ts';
import { passengersOf } from './traveller.ts';

/** The simulated airline turns nobody away for asking too often, except by a fault. */
const UNLIMITED = {
  acquire: async () => ({ waitMs: 0, release: async () => undefined }),
  room: async () => null,
};

/** The tables publish by themselves: soon after a commit or, as if the process had died, by the relay. */
const afterCommit = () => undefined;

/** Handlers of the jobs that are not simulated: no run enqueues them. */
const notSimulated = Object.fromEntries(
  Object.keys(jobs).map((name) => [
    name,
    async () => {
      throw new Permanent('not_simulated', `the simulator does not run ${name}`);
    },
  ]),
) as unknown as Handlers;

/** The real handlers on one worker; each delivery sees the world through ports of its own. */
export function handlersFor(sim: Simulated, host: Host): Handlers {
  const { tables } = sim;
  // As src/app/worker.ts has it.
  const flags = { ...sim.flags, bookingStop: sim.bookingFlags.bookingStop };
  const { clock } = host;
  const newRun = (): Run => ({ host, claimed: null });
  const directory = (run: Run) =>
    createAttemptDirectory({
      store: through(sim, run, 'directory', createMemoryAttemptDirectory(tables)),
      afterCommit,
    });
  const watching = (run: Run) => ({
    watch: through(sim, run, 'watch', createMemoryWatch(tables)),
    history: through(sim, run, 'history', createMemoryAttemptHistory(tables)),
    travelers: { flyersOf: async (id: string) => passengersOf(sim, id) },
    flights: through(sim, run, 'flights', sim.flights),
    flags,
    schedule: SCHEDULE,
    quota: UNLIMITED,
    clock,
    afterCommit,
  });
  // Where no order is followed, whoever asks for one gets none, and no time passes.
  const bookedOrders = (run: Run) => {
    const store = createMemoryBookedOrders(tables);
    return sim.scenario.follows
      ? through(sim, run, 'bookedOrders', store)
      : { ...store, open: async () => undefined };
  };
  const orderPorts = (run: Run) => ({
    bookedOrders: bookedOrders(run),
    flights: through(sim, run, 'flights', sim.flights),
    clock,
    afterCommit,
  });
  return {
    ...notSimulated,
    search: (payload, context) => search(watching(newRun()))(payload, context),
    monitor: (payload, context) => {
      const locks = createLocks(sim.redis, 'sim', clock);
      return monitor({ ...watching(newRun()), locks })(payload, context);
    },
    book: (payload, context) => book(bookingPorts(sim, newRun()))(payload, context),
    'cancel-booking': (payload, context) => cancelBooking(cancellingPorts(sim, newRun()))(payload, context),
    case: (payload, context) => {
      const run = newRun();
      return caseAction({
        cases: through(sim, run, 'cases', createMemoryCases(tables)),
        flights: through(sim, run, 'flights', sim.flights),
        payments: through(sim, run, 'payments', sim.payments),
        afterCommit,
      })(payload, context);
    },
    reconcile: async (payload, context) => {
      const run = newRun();
      const { paused } = sim.surroundings.refusals;
      const result = await reconcile({
        cancellations: through(sim, run, 'cancellations', createMemoryCancellations(tables)),
        refunds: through(sim, run, 'refunds', createMemoryRefunds(tables)),
        disputes: through(sim, run, 'disputes', createMemoryDisputes(tables)),
        stuckWork: through(sim, run, 'stuckWork', createMemoryStuckWork(tables)),
        cases: through(sim, run, 'cases', createMemoryCases(tables)),
        bookedOrders: bookedOrders(run),
        outbox: through(sim, run, 'outbox', createMemoryOutbox(tables)),
        notifications: through(sim, run, 'notifications', createMemoryNotifications(tables)),
        fuseStore: through(sim, run, 'fuse', createMemoryFuse(tables)),
        troubles: sim.vendors.troubles,
        directory: directory(run),
        clock,
        afterCommit,
      })(payload, context);
      sim.surroundings.looked(paused);
      return result;
    },
    'reconcile-vendors': async (payload, context) => {
      const run = newRun();
      const result = await reconcileVendors({
        orphans: through(sim, run, 'orphans', createMemoryOrphans(tables)),
        directory: directory(run),
        flights: through(sim, run, 'flights', sim.flights),
        payments: through(sim, run, 'payments', sim.payments),
        notifications: through(sim, run, 'notifications', createMemoryNotifications(tables)),
        outbox: through(sim, run, 'outbox', createMemoryOutbox(tables)),
        clock,
        afterCommit,
      })(payload, context);
      sim.looked();
      return result;
    },
    'follow-payment': (payload, context) => {
      const run = newRun();
      return followPayment({
        refunds: through(sim, run, 'refunds', createMemoryRefunds(tables)),
        disputes: through(sim, run, 'disputes', createMemoryDisputes(tables)),
        directory: directory(run),
        payments: through(sim, run, 'payments', sim.payments),
        clock,
        afterCommit,
      })(payload, context);
    },
    'follow-order': (payload, context) => {
      const run = newRun();
      return followOrder(orderPorts(run))(payload, context);
    },
    'accept-change': (payload, context) => {
      const run = newRun();
      return acceptChange(orderPorts(run))(payload, context);
    },
    webhook: (payload, context) => {
      const run = newRun();
      return webhook({
        orphans: through(sim, run, 'orphans', createMemoryOrphans(tables)),
        events: through(sim, run, 'events', createMemoryWebhookEvents(tables)),
        bookedOrders: bookedOrders(run),
        refunds: through(sim, run, 'refunds', createMemoryRefunds(tables)),
        disputes: through(sim, run, 'disputes', createMemoryDisputes(tables)),
        directory: directory(run),
        flights: through(sim, run, 'flights', sim.flights),
        payments: through(sim, run, 'payments', sim.payments),
        notifications: through(sim, run, 'notifications', createMemoryNotifications(tables)),
        clock,
        afterCommit,
      })(payload, context);
    },
    // Mail is rendered and sent outside the simulator; here it only has to be asked for exactly once.
    notify: async ({ notificationId }) => {
      for (const row of tables.notifications.values()) if (row.id === notificationId) row.sent = true;
      return done();
    },
  };
}
