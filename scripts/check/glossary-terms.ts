import type { NameKind } from './declared-names.ts';

/** A synonym that docs/glossary.md forbids. A name matches by `words` or by `exact`. */
export interface Term {
  /** What to say instead. */
  readonly say: string;
  /** Words, or words with a blank between, anywhere in a name: `let go` is in `letGo`, `LET_GO_MS` and `let-go.ts`. */
  readonly words?: readonly string[];
  /** Whole names, for words that mean something else within others: `Move`, not `moveTrip`. */
  readonly exact?: readonly string[];
  /** Words that make a name right although it contains one of `words`. */
  readonly unless?: readonly string[];
  /** Only names of these kinds; every kind when absent. */
  readonly kinds?: readonly (NameKind | 'file')[];
  /** Only below these folders; everywhere when absent. */
  readonly folders?: readonly string[];
}

/** A name that stays although a term forbids it. */
export interface Exception {
  readonly name: string;
  readonly kind: NameKind | 'file';
  /** Only below these folders, or in these files; everywhere when absent. */
  readonly folders?: readonly string[];
  /** Why it stays. What is persisted is never renamed. */
  readonly because: string;
}

/** Where the glossary's word for a row has a meaning of its own elsewhere, the row names the folders in which it counts. */
const PRODUCT = ['src/', 'sim/', 'test/', 'bench/'];
const MAIL = ['src/services/', 'src/emails/', 'src/db/', 'src/queues/', 'src/processors/', 'src/ports/'];
const QUOTA = ['src/redis/', 'src/ports/', 'src/services/watching/'];

/** At least one row for each row of docs/glossary.md. A name is reported by the first row that forbids it. */
export const TERMS: readonly Term[] = [
  // A card has authorizations. A hold says of what: a seat, an order.
  {
    say: 'authorization (a card), seatHold, orderHold, acquire (a lock)',
    words: ['hold', 'holds'],
    unless: ['seat hold', 'seat holds', 'order hold', 'order holds'],
  },
  { say: 'void, release', words: ['let go', 'lets go', 'give back', 'gives back', 'given back'] },
  { say: 'capture', words: ['take money', 'take the money', 'money taken'] },

  // The saga.
  {
    say: 'compensate, compensation',
    words: ['undo', 'undoes', 'undone', 'undoing', 'turn round', 'turns round', 'turned round'],
    // Scripts undo their own set-up.
    folders: PRODUCT,
  },
  { say: 'compensate, compensation', words: ['unwind', 'unwinds', 'unwinding', 'unwound'] },
  // A promise settles too, so only the saga's and the reconciler's verbs count, and not in the sandbox.
  { say: 'lookUp, syncOrder, recordOutcome', words: ['settle', 'settles', 'settling'], folders: PRODUCT },
  { say: 'recordOutcome', words: ['settled'], unless: ['all settled'], folders: ['src/', 'sim/'] },
  {
    say: 'recordIntent, findIntent',
    words: ['announce', 'announces', 'announced', 'announcing', 'announcement', 'announcements'],
  },
  { say: 'recordIntent, findIntent', words: ['intend', 'intends', 'intended'] },
  { say: 'recordOutcome', words: ['learn', 'learns', 'learned', 'learnt'] },
  { say: 'findIntent, started', words: ['begun'] },
  // `move`, `change` and `commit` are verbs of other names, so they count as whole names of types only.
  { say: 'StepResult', exact: ['Move', 'Moves'] },
  { say: 'AttemptOutcome', words: ['consequence', 'consequences'], exact: ['Ending', 'Endings'] },
  { say: 'AttemptOutcome', exact: ['ending', 'endings', 'ending.ts', 'endings.ts'], folders: ['src/'] },
  { say: 'AttemptPatch', exact: ['Change', 'Commit'] },
  { say: 'AttemptSession', exact: ['Claimed', 'claimed.ts'] },

  // The database client.
  { say: 'batched, runBatch', words: ['gather', 'gathers', 'gathered', 'gathering'] },
  { say: 'pipelined', words: ['breath'] },
  { say: 'runBatch, a request of a batch', exact: ['Ask', 'asks', 'carry', 'carried'], folders: ['src/'] },
  { say: 'MAX_…', words: ['most'], unless: ['at most'], kinds: ['value'], folders: ['src/'] },
  { say: 'precompiled', exact: ['compiled', 'compiled.ts'] },

  // Personal data.
  { say: 'PII cipher', words: ['vault', 'vaults'] },
  { say: 'encrypt, decrypt', words: ['seal', 'seals', 'sealed', 'unseal', 'unsealed'], exact: ['openWith'] },

  // Quotas and the watch.
  { say: 'quota limiter', words: ['pace', 'paces', 'paced', 'pacing'] },
  { say: 'permit', exact: ['turn', 'turns', 'Turn'], folders: QUOTA },
  { say: 'acquire', exact: ['take', 'TAKE'], folders: QUOTA },
  { say: 'search schedule', words: ['cadence', 'cadences'] },
  { say: 'priority', words: ['prospect', 'prospects', 'worth'], unless: ['worth looking'] },
  { say: 'fair share', words: ['share out', 'shares out', 'shared out'] },

  // Stuck work.
  { say: 'stalled-worker watchdog', words: ['standstill', 'standstills'] },
  { say: 'stuck work, rescuer', words: ['standing', 'stand still', 'stands still', 'stood still'] },
  { say: 'requeue', words: ['nudge', 'nudges', 'nudged'] },
  { say: 'import (an orphan)', words: ['adopt', 'adopts', 'adopted', 'adopting', 'adoption'] },

  // What people read.
  { say: 'notification, notified', words: ['told'] },
  { say: 'notification, e-mail template', words: ['notice', 'notices'] },
  // Elsewhere it is a letter of the alphabet.
  { say: 'e-mail, e-mail template', words: ['letter', 'letters'], folders: MAIL },
  { say: 'enqueueNotification', words: ['notify later'] },
  // `entries` stays out: every map has them.
  { say: 'audit log, timeline', words: ['trail', 'trails'] },
  { say: 'audit log, timeline', words: ['story', 'stories'], folders: PRODUCT },

  { say: 'classifyError', exact: ['sort'], kinds: ['value'], folders: ['src/'] },
  { say: 'V8 heap settings', words: ['lean heap'] },
];

const COLUMN = 'a column';
const PROCEDURE = 'a key of the JSON that the procedure commit_attempts reads (migrations)';

/** Names that stay, each with its reason. `make check` reports the ones that nothing needs any more. */
export const EXCEPTIONS: readonly Exception[] = [
  { name: 'unwind', kind: 'property', because: `${COLUMN}: booking_attempts.unwind` },
  { name: 'settledAt', kind: 'property', because: `${COLUMN}: booking_steps.settled_at, orphans.settled_at` },
  { name: 'intendedAt', kind: 'property', because: `${COLUMN}: booking_steps.intended_at` },
  {
    name: 'settles',
    kind: 'property',
    folders: ['src/db/', 'src/services/booking/', 'test/db/'],
    because: PROCEDURE,
  },
  {
    name: 'nudge',
    kind: 'property',
    because: 'a field of the payloads of book, cancel-booking, notify and webhook',
  },
  {
    name: 'settle',
    kind: 'property',
    folders: ['src/services/booking/'],
    because: 'the persisted name of a step',
  },
  {
    name: 'trail',
    kind: 'property',
    folders: ['sim/replay/', 'src/services/evidence/'],
    because: 'a key of exported incident files',
  },
  { name: 'worth', kind: 'property', folders: ['src/db/'], because: `${COLUMN}: watches.worth` },
  { name: 'letterSpacing', kind: 'property', folders: ['src/emails/'], because: 'the name is CSS' },
];
