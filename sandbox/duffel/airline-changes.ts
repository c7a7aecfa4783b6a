import { DateTime } from 'luxon';
import { newId, type World } from '../world.ts';
import type { Airport } from './airports.ts';
import { refuse } from './errors.ts';
import type { Orders } from './orders.ts';
import type { AirlineChange, Cancellation, Order, Segment } from './types.ts';

/** What an airline does to an order of its own accord. */
export interface AirlineMove {
  /** By how many minutes each of the slice's flights leaves later; an hour unless said. */
  readonly minutes?: number;
  /** Which slice it is about; the first unless said. */
  readonly slice?: number;
  /** The slice is not flown any more. */
  readonly gone?: boolean;
  readonly actions?: AirlineChange['available_actions'];
  /** For how long people at Duffel work on an acceptance, in ms; 0: it is accepted at once. */
  readonly acceptMs?: number;
}

/** Airlines that offer no API for it leave `cancel` and `change` to people. Source: Duffel, "Managing airline-initiated changes". */
const ACTIONS: AirlineChange['available_actions'] = ['accept'];

/**
 * What airlines change after the ticket. Sources: Duffel, "Airline-initiated changes" and "Managing airline-initiated changes";
 * that the order shows the new times at once, and that only the latest change can be accepted, by runs against the test airline.
 */
export class AirlineChanges {
  readonly #orders: Orders;
  readonly #world: World;
  readonly #acceptMs = new Map<string, number>();

  constructor(orders: Orders, world: World) {
    this.#orders = orders;
    this.#world = world;
  }

  /** The airline moves flights, or drops them; the order shows it at once. */
  change(order: Order, move: AirlineMove = {}): AirlineChange {
    const { minutes = 60, slice: index = 0, gone = false, actions = ACTIONS, acceptMs = 0 } = move;
    const old = order.slices[index];
    if (!old) throw new Error(`no slice ${index}`);
    const added = gone ? [] : [{ ...old, id: newId('sli'), segments: old.segments.map(later(minutes)) }];
    order.slices = order.slices.toSpliced(index, 1, ...added);
    const now = this.#world.nowIso();
    const change: AirlineChange = {
      id: newId('aic'),
      order_id: order.id,
      created_at: now,
      updated_at: now,
      added,
      removed: [old],
      available_actions: [...actions],
      action_taken: null,
      action_taken_at: null,
      travel_agent_ticket: null,
    };
    this.#acceptMs.set(change.id, acceptMs);
    order.airline_initiated_changes.push(change);
    order.synced_at = now;
    this.#orders.event('order.airline_initiated_change_detected', { order_id: order.id }, change.id);
    return change;
  }

  /** Only the latest can be accepted, once. */
  accept(id: string): AirlineChange {
    const { order, change } = this.#find(id);
    if (order.airline_initiated_changes.at(-1) !== change)
      refuse(
        422,
        'invalid_state_error',
        'stale_airline_initiated_change_accept',
        'The change you tried to accept is not the latest.',
      );
    if (!change.available_actions.includes('accept') || change.travel_agent_ticket || order.cancelled_at)
      refuse(422, 'invalid_state_error', 'unsupported_action', 'The change can not be accepted.');
    const acceptMs = this.#acceptMs.get(id) ?? 0;
    if (acceptMs === 0) this.#take(order, change, 'accepted');
    else {
      change.travel_agent_ticket = { id: newId('tat'), external_ticket_id: '4711' };
      this.#world.later(acceptMs, () => this.#take(order, change, 'accepted'));
    }
    return change;
  }

  /** What was arranged with the airline directly is noted by an update, where that is offered. */
  update(id: string, taken: NonNullable<AirlineChange['action_taken']>): AirlineChange {
    const { order, change } = this.#find(id);
    if (!change.available_actions.includes('update'))
      refuse(422, 'invalid_state_error', 'unsupported_action', 'The change can not be updated.');
    this.#take(order, change, taken);
    return change;
  }

  /**
   * The airline, or a person in the dashboard, cancels the order.
   * @param refund what came back to the balance; null: not said yet; undefined: the order has no cancellation at all
   */
  cancel(order: Order, refund?: string | null): void {
    const now = this.#world.nowIso();
    order.cancelled_at = now;
    order.synced_at = now;
    order.available_actions = [];
    const cancellation: Cancellation | null =
      refund === undefined
        ? null
        : {
            id: newId('ore'),
            order_id: order.id,
            refund_amount: refund,
            refund_currency: order.total_currency,
            refund_to: 'balance',
            created_at: now,
            expires_at: now,
            confirmed_at: now,
          };
    order.cancellation = cancellation;
    if (cancellation) this.#orders.cancellations.push(cancellation);
    this.#orders.event('order.updated', { id: order.id }, order.id);
  }

  #take(order: Order, change: AirlineChange, taken: NonNullable<AirlineChange['action_taken']>): void {
    const now = this.#world.nowIso();
    Object.assign(change, {
      action_taken: taken,
      action_taken_at: now,
      updated_at: now,
      available_actions: [],
    });
    this.#orders.event('order.updated', { id: order.id }, order.id);
  }

  #find(id: string): { order: Order; change: AirlineChange } {
    for (const order of this.#orders.all.values()) {
      const change = order.airline_initiated_changes.find((one) => one.id === id);
      if (change) return { order, change };
    }
    return refuse(404, 'invalid_request_error', 'not_found', `No airline-initiated change ${id}.`);
  }
}

/** The segment as it is flown then: under a new id, at new local times. */
const later =
  (minutes: number) =>
  (segment: Segment): Segment => ({
    ...segment,
    id: newId('seg'),
    departing_at: moved(segment.departing_at, segment.origin, minutes),
    arriving_at: moved(segment.arriving_at, segment.destination, minutes),
  });

const moved = (local: string, { time_zone: zone }: Airport, minutes: number): string =>
  DateTime.fromISO(local, { zone }).plus({ minutes }).toFormat("yyyy-MM-dd'T'HH:mm:ss");
