import type { ListedOrder } from '../../ports/flights.ts';
import type { ListedAuthorization } from '../../ports/payments.ts';
import type { AttemptSummary } from '../../ports/storage/attempt-directory.ts';
import { pagesOf } from '../../ports/vendor-list.ts';
import type { VendorListPorts } from './ports.ts';
import { beforeOrder, reconcileAttempt, type Truth, waits } from './reconcile-attempt.ts';
import { reportUnreadable } from './report-unreadable.ts';

export interface VendorsReconciled {
  /** Orders and authorizations read. */
  readonly orders: number;
  readonly authorizations: number;
  /** Rows that can't be read, whichever deployment made them. */
  readonly unreadable: number;
  /** Attempts reopened or imported. */
  readonly resumed: number;
  /** Orders, and attempts, that no trip of ours accounts for. */
  readonly orphans: number;
}

/** What our tables do not account for, by attempt. */
interface Suspects {
  readonly truths: Map<string, Truth>;
  /** Attempts of which a row can't be read: nothing is done about them, for it might be the wrong thing. */
  readonly blind: Set<string>;
}

/** Suspects dealt with at a time. */
const BATCH = 200;

/**
 * Compares the vendors' lists with our tables: whatever the vendors have in our name must be known here, in the same state.
 * It finds what no webhook reported, and repairs a database that was restored from an older backup. What another deployment on
 * the same account has made is left alone, and so is what bears no name, unless our tables know its attempt or its trip.
 *
 * The lists are read page by page; only what our tables do not account for is kept. Each page is read before our rows: an
 * intent is committed before its call, so that a booking in progress can't look like one that was forgotten.
 * @param sinceMs how far the lists go back
 */
export async function reconcileVendors(ports: VendorListPorts, sinceMs: number): Promise<VendorsReconciled> {
  const since = new Date(ports.clock.now().getTime() - sinceMs);
  const suspects: Suspects = { truths: new Map(), blind: new Set() };
  const orders = await readOrders(ports, since, suspects);
  const authorizations = await readAuthorizations(ports, since, suspects);
  const count = {
    orders: orders.read,
    authorizations: authorizations.read,
    unreadable: orders.unreadable + authorizations.unreadable,
    resumed: 0,
    orphans: 0,
  };
  const ids = [...suspects.truths.keys()].filter((id) => !suspects.blind.has(id));
  for (let at = 0; at < ids.length; at += BATCH) {
    const batch = ids.slice(at, at + BATCH);
    const known = await attemptsById(ports, batch);
    for (const id of batch)
      await reconcileAttempt(ports, id, known.get(id), suspects.truths.get(id) as Truth, count);
  }
  return count;
}

const attemptsById = async (ports: VendorListPorts, ids: readonly string[]) =>
  new Map((await ports.directory.byIds(ids)).map((attempt) => [attempt.id, attempt]));

/** Without an attempt's id it was not made by Parker, but by a person in the dashboard or another system on the account. */
const isOurs = ({ attemptId, madeBy }: ListedOrder | ListedAuthorization): boolean =>
  attemptId !== null && madeBy !== 'another_deployment';

function truthOf({ truths }: Suspects, attemptId: string): Truth {
  const truth = truths.get(attemptId) ?? { orders: [], authorizations: [] };
  truths.set(attemptId, truth);
  return truth;
}

async function readOrders(ports: VendorListPorts, since: Date, suspects: Suspects) {
  const count = { read: 0, unreadable: 0 };
  for await (const page of pagesOf((after) => ports.flights.ordersSince(since, after))) {
    count.read += page.rows.length;
    count.unreadable += page.unreadable.length;
    for (const id of await reportUnreadable(ports, 'order', page.unreadable)) suspects.blind.add(id);
    const live = page.rows.filter((order) => isOurs(order) && !order.cancelled);
    const known = await attemptsById(
      ports,
      live.map(({ attemptId }) => attemptId as string),
    );
    for (const order of live) {
      const id = order.attemptId as string;
      if (!accountsFor(known.get(id), order)) truthOf(suspects, id).orders.push(order);
    }
  }
  return count;
}

/** A row past its order call knows of one order; before it, and while the order is looked up, of none. */
function accountsFor(attempt: AttemptSummary | undefined, { facts }: ListedOrder): boolean {
  if (!attempt || attempt.status === 'FAILED' || beforeOrder(attempt) || waits(attempt)) return false;
  return attempt.orderId === null || attempt.orderId === facts.orderId;
}

async function readAuthorizations(ports: VendorListPorts, since: Date, suspects: Suspects) {
  const count = { read: 0, unreadable: 0 };
  for await (const page of pagesOf((after) => ports.payments.authorizationsSince(since, after))) {
    count.read += page.rows.length;
    count.unreadable += page.unreadable.length;
    for (const id of await reportUnreadable(ports, 'authorization', page.unreadable)) suspects.blind.add(id);
    const open = page.rows.filter((one) => isOurs(one) && (one.status === 'authorized' || one.keptMinor > 0));
    const known = await attemptsById(
      ports,
      open.map(({ attemptId }) => attemptId as string),
    );
    for (const one of open) {
      const id = one.attemptId as string;
      const attempt = known.get(id);
      if (!attempt || attempt.status === 'FAILED' || suspects.truths.has(id))
        truthOf(suspects, id).authorizations.push(one);
    }
  }
  return count;
}
