import type { Slice } from '../../domain/offer.ts';
import type { StoredChange } from '../../ports/storage/booked-orders.ts';
import { changeWords } from '../orders/words.ts';

/** How a change by the airline stands, as the API shows it. */
export const CHANGE_VIEW_STATES = [
  'open',
  'accepting',
  'accepted',
  'declined',
  'superseded',
  'needs_person',
] as const;

/** A change by the airline as the API shows it. */
export interface ChangeView {
  readonly id: string;
  readonly state: (typeof CHANGE_VIEW_STATES)[number];
  readonly noticedAt: string;
  /** What it means and what may be done, in words for the traveller. */
  readonly message: string;
  /** Whether a request to accept it would be worked. */
  readonly acceptable: boolean;
  readonly before: readonly Slice[];
  readonly after: readonly Slice[];
}

export function viewChange(change: StoredChange): ChangeView {
  const state = stateOf(change);
  return {
    id: change.id,
    state,
    noticedAt: change.noticedAt.toISOString(),
    message: state === 'open' ? changeWords(change) : MESSAGES[state],
    acceptable: state === 'open' && change.actions.includes('accept'),
    before: change.before,
    after: change.after,
  };
}

function stateOf({ state, acceptRequestedAt, acceptOutcome }: StoredChange): ChangeView['state'] {
  if (state === 'ACCEPTED') return 'accepted';
  if (state === 'DECLINED') return 'declined';
  if (state === 'SUPERSEDED') return 'superseded';
  if (acceptRequestedAt === null) return 'open';
  return acceptOutcome === null || acceptOutcome === 'asked' ? 'accepting' : 'needs_person';
}

const MESSAGES = {
  accepting: 'You accepted the new flights. The airline has not confirmed it yet.',
  accepted: 'The new flights are accepted.',
  declined: 'The booking was cancelled or changed instead.',
  superseded: 'The airline has changed the flights again since.',
  needs_person: 'The airline did not take your acceptance online. A person arranges it and writes to you.',
} as const;
