import type { Order, StoredOffer } from '../../sandbox/duffel/types.ts';
import type { PaymentIntent } from '../../sandbox/stripe/types.ts';
import { newId } from '../../sandbox/world.ts';
import { demand } from '../breach.ts';
import { type Chance, createChance } from '../chance.ts';
import type { Tables } from '../memory/tables.ts';
import { templates, type Vendors } from '../vendors/vendors.ts';
import type { NeighbourPlan } from './plan.ts';

/** Its name on the vendors' objects. */
const NAME = 'neighbour.example';

/** Another deployment on the same vendor accounts, or a person in their dashboards: what it makes is none of our business. */
export class Neighbour {
  readonly #plan: NeighbourPlan;
  readonly #chance: Chance;
  readonly #vendors: Vendors;
  readonly #tables: Tables;

  constructor(plan: NeighbourPlan, vendors: Vendors, tables: Tables) {
    this.#plan = plan;
    this.#chance = createChance(plan.seed);
    this.#vendors = vendors;
    this.#tables = tables;
  }

  /** Reserves money, buys a ticket, or both; sometimes it voids or captures by itself what it reserved before. */
  act(): string {
    const chance = this.#chance;
    const { payments, theirs } = this.#vendors;
    const earlier = [...payments.intents.values()].filter(({ id }) => theirs.has(id));
    const open = earlier.find(({ status }) => status === 'requires_capture');
    if (open && chance.hits(0.3)) {
      if (chance.hits(0.5)) payments.cancel(open, null);
      else payments.capture(open, open.amount);
      return 'ends an authorization of its own';
    }
    const metadata = this.#metadata();
    const what = chance.pick(['reserves', 'buys', 'reserves and buys'] as const);
    if (what !== 'buys') this.#reserve(metadata);
    if (what !== 'reserves') this.#buy(metadata);
    // Lists are worth another look.
    this.#vendors.effects += 1;
    return what;
  }

  /** N1: nothing of the neighbour's is voided, captured, refunded or cancelled by us. */
  checkCall(call: string, [first]: readonly unknown[]): void {
    const id = String(first);
    const { theirs } = this.#vendors;
    const touched =
      (/^payments\.(void|capture|refund)$/.test(call) && theirs.has(id)) ||
      (call === 'flights.confirmCancellation' && theirs.has(this.#orderOf(id)));
    demand(!touched, 'N1', () => `${call} of ${id}, which another deployment has made`);
  }

  /** N1: nor adopted, nor taken for an orphan that blows the fuse. */
  checkRows(): void {
    const { attempts, bookings, orphans } = this.#tables;
    const isTheirs = (id: string | null | undefined): boolean => id != null && this.#vendors.theirs.has(id);
    for (const { order, paymentIntentId } of attempts.values())
      demand(
        !isTheirs(order?.orderId) && !isTheirs(paymentIntentId),
        'N1',
        () => `an attempt has adopted ${order?.orderId} or ${paymentIntentId} of another deployment`,
      );
    for (const { orderId, paymentIntentId } of bookings.values())
      demand(!isTheirs(orderId) && !isTheirs(paymentIntentId), 'N1', () => `${orderId} was booked`);
    for (const id of orphans.keys()) demand(!isTheirs(id), 'N1', () => `${id} was taken for an orphan`);
  }

  #orderOf(quoteId: string): string {
    const quotes = this.#vendors.orders.cancellations;
    return quotes.find(({ id }) => id === quoteId)?.order_id ?? '';
  }

  /** A copy of our tables knows our attempts by their ids. Whoever gives no name has ids of its own, or none. */
  #metadata(): Record<string, string> {
    const chance = this.#chance;
    const attempts = [...this.#tables.attempts.values()];
    const ours = this.#plan.copiedOurTables && attempts[chance.between(0, attempts.length - 1)];
    if (ours) return { attempt_id: ours.id, trip_id: ours.tripId, deployment: NAME };
    const own = { attempt_id: chance.uuid(), trip_id: chance.uuid() };
    return chance.pick([{ ...own, deployment: NAME }, own, {}]);
  }

  #reserve(metadata: Record<string, string>): void {
    const { payments } = this.#vendors;
    const ours = this.#tables.attempts.get(metadata.attempt_id ?? '');
    const customer = ours ? this.#tables.trip(ours.tripId).customerId : 'cus_neighbour';
    const intent: PaymentIntent = payments.create({
      amount: 39_900,
      currency: 'gbp',
      customer,
      payment_method: 'pm_card_visa',
      automatic_payment_methods: { enabled: 'true', allow_redirects: 'never' },
      capture_method: 'manual',
      confirm: 'true',
      off_session: 'true',
      metadata,
    });
    this.#vendors.theirs.add(intent.id);
  }

  #buy(metadata: Record<string, string>): void {
    const template = templates[0]?.offers[0] as StoredOffer;
    const offer = { ...template.offer, id: newId('off') };
    const wanted = {
      type: 'instant' as const,
      selected_offers: [offer.id],
      passengers: offer.passengers.map(({ id }) => ({ id })),
      metadata,
    };
    const order: Order = this.#vendors.orders.create(wanted, { ...template, offer, requestId: newId('orq') });
    this.#vendors.theirs.add(order.id);
  }
}
