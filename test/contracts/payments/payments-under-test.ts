import type { Sandbox } from '../../../sandbox/server.ts';
import type { Money } from '../../../src/domain/money.ts';
import type { DeclineClass, PaymentConfirmation, PaymentProvider } from '../../../src/ports/payments.ts';

/** An adapter that calls a stand-in of its own over HTTP. */
export interface RunningPayments {
  readonly sandbox: Sandbox;
  readonly payments: PaymentProvider;
  close(): Promise<void>;
}

/** What reached the stand-in's own books, whatever the adapter says. Amounts as the provider counts them. */
export interface BookedAuthorization {
  readonly paymentIntentId: string;
  readonly amount: number;
  readonly captured: number;
  readonly refunded: number;
}

/** How a write of one verb fails. */
export type FailWrite = (sandbox: Sandbox, verb: 'authorize' | 'capture' | 'void' | 'refund') => void;

/** A payment provider, its stand-in, and how that one is made to behave in each documented way. */
export interface PaymentsUnderTest {
  readonly name: string;
  start(): Promise<RunningPayments>;
  readonly cards: {
    readonly accepted: string;
    /** With the brand and the last four digits that saving it returns. */
    readonly saved: { readonly card: string; readonly brand: string; readonly last4: string };
  };
  /** Declines by what they ask of the traveller; at least one per class. By card where the stand-in has one. */
  readonly declines: Readonly<
    Record<
      DeclineClass,
      readonly {
        readonly code: string;
        readonly card?: string;
        readonly arrange?: (sandbox: Sandbox) => void;
      }[]
    >
  >;
  /** A card whose bank wants the traveller's confirmation, and what comes of it in their browser. */
  readonly confirmation: {
    readonly card: string;
    answer(sandbox: Sandbox, asked: PaymentConfirmation, bank: 'passes' | 'fails' | 'declined'): void;
  };
  /** An amount and how the provider counts it. */
  readonly amounts: readonly { readonly amount: Money; readonly sent: number }[];
  /** An amount finer than the provider can charge. */
  readonly tooFine: Money;
  readonly missingAuthorizationId: string;
  /** Failures after which nobody knows whether the write took effect, and whether it did. */
  readonly unknown: readonly {
    readonly title: string;
    readonly fail: FailWrite;
    readonly happened: boolean;
  }[];
  /** Failures of writes that never began. */
  readonly turnedAway: readonly { readonly title: string; readonly fail: FailWrite }[];
  /** Failures of writes that will never succeed. */
  readonly refused: readonly { readonly title: string; readonly fail: FailWrite }[];
  /** The provider charges no such amount. */
  readonly amountRefusals: readonly { readonly title: string; readonly fail: FailWrite }[];
  /** The provider refuses our account: a rotated key, a missing permission. */
  readonly accountTroubles: readonly { readonly title: string; readonly fail: FailWrite }[];
  /** Declines whose class is the issuer's advice, not the code's. */
  readonly advised: readonly {
    readonly title: string;
    readonly arrange: (sandbox: Sandbox) => void;
    readonly declineClass: DeclineClass;
  }[];
  /** Lets an authorization lack its amount, as no documentation says. */
  spoil(sandbox: Sandbox, paymentIntentId: string): void;
  /** Lets an authorization lack even its id in lists. */
  hideId(sandbox: Sandbox, paymentIntentId: string): void;
  /** As if another deployment on the same account, or nobody by name, had made the authorization. */
  renameMaker(sandbox: Sandbox, paymentIntentId: string, deployment: string | null): void;
  failReads(sandbox: Sandbox, times: number): void;
  /** Lets every authorization lapse. */
  lapse(sandbox: Sandbox): void;
  booked(sandbox: Sandbox): readonly BookedAuthorization[];
  /** Puts so many more authorizations like this one into the stand-in's books. */
  copyAuthorization(sandbox: Sandbox, paymentIntentId: string, copies: number): void;
}
