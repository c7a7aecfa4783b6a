import { describe, expect, test } from 'vitest';
import { AccountTrouble, Retryable } from '../../../src/errors.ts';
import { Declined } from '../../../src/ports/payments.ts';
import { failureOf } from '../failure.ts';
import type { PaymentsUnderTest } from './payments-under-test.ts';
import { setUp } from './setup.ts';

/** What no documentation promises: bodies that can't be read, an account that is refused, a neighbour on the account. */
export function paymentTroubleContract(target: PaymentsUnderTest): void {
  describe('trouble', () => {
    const world = setUp(target);

    test.each(target.accountTroubles)(
      '$title: our own trouble, and no card is to blame',
      async ({ fail }) => {
        const request = await world.newRequest();
        fail(world.sandbox, 'authorize');
        expect(await failureOf(world.payments.authorize(request))).toBeInstanceOf(AccountTrouble);
        expect(await world.authorizationsOf(request.customerId)).toEqual([]);
        const { paymentIntentId, amount } = await world.authorized();
        fail(world.sandbox, 'capture');
        const capture = world.payments.capture(paymentIntentId, amount, 'capture');
        expect(await failureOf(capture)).toBeInstanceOf(AccountTrouble);
        fail(world.sandbox, 'void');
        expect(await failureOf(world.payments.void(paymentIntentId, 'void'))).toBeInstanceOf(AccountTrouble);
        expect(world.payments.circuit()).toBe('closed');
      },
    );

    test.each(target.advised)('$title → $declineClass', async ({ arrange, declineClass }) => {
      const request = await world.newRequest();
      arrange(world.sandbox);
      const error = (await failureOf(world.payments.authorize(request))) as Declined;
      expect(error).toBeInstanceOf(Declined);
      expect(error.class).toBe(declineClass);
    });

    const undisclosed = target.declines.undisclosed;
    test.each(undisclosed)(
      'what is shown of a decline by $code does not say why',
      async ({ card, arrange }) => {
        const request = await world.newRequest(card ? { paymentMethodId: card } : {});
        arrange?.(world.sandbox);
        const error = (await failureOf(world.payments.authorize(request))) as Declined;
        expect(error.shownCode).toBe('card_declined');
      },
    );

    test('an authorization that can not be read hides no other, and is not none', async () => {
      const request = await world.newRequest();
      const { paymentIntentId } = await world.payments.authorize(request);
      const other = await world.payments.authorize({
        ...(await world.newRequest()),
        customerId: request.customerId,
      });
      target.spoil(world.sandbox, paymentIntentId);
      expect(await failureOf(world.payments.authorization(paymentIntentId))).toBeInstanceOf(Retryable);
      const page = await world.payments.authorizationsOf(request.customerId, new Date(0), null);
      expect(page.rows.map((one) => one.paymentIntentId)).toEqual([other.paymentIntentId]);
      expect(page.unreadable).toMatchObject([
        { id: paymentIntentId, attemptId: request.attemptId, madeBy: 'us' },
      ]);
    });

    test("a customer's authorizations are found beyond the first page, and none from before", async () => {
      const request = await world.newRequest();
      const { paymentIntentId } = await world.payments.authorize(request);
      target.copyAuthorization(world.sandbox, paymentIntentId, 130);
      expect(await world.authorizationsOf(request.customerId)).toHaveLength(131);
      const later = new Date(Date.now() + 60_000);
      const page = await world.payments.authorizationsOf(request.customerId, later, null);
      expect(page).toEqual({ rows: [], unreadable: [], next: null });
    });

    test('an authorization at the end of a page that lacks its id hides none of the next page', async () => {
      const request = await world.newRequest();
      const { paymentIntentId } = await world.payments.authorize(request);
      target.copyAuthorization(world.sandbox, paymentIntentId, 130);
      const first = await world.payments.authorizationsOf(request.customerId, new Date(0), null);
      target.hideId(world.sandbox, first.rows.at(-1)?.paymentIntentId ?? '');
      const found = await world.authorizationsOf(request.customerId);
      expect(new Set(found.map((one) => one.paymentIntentId)).size).toBe(130);
    });

    test('an authorization says whether we, another deployment or nobody by name made it', async () => {
      const { paymentIntentId } = await world.authorized();
      const madeBy = async () => (await world.payments.authorization(paymentIntentId)).madeBy;
      expect(await madeBy()).toBe('us');
      target.renameMaker(world.sandbox, paymentIntentId, 'elsewhere.example');
      expect(await madeBy()).toBe('another_deployment');
      target.renameMaker(world.sandbox, paymentIntentId, null);
      expect(await madeBy()).toBe('unnamed');
    });
  });
}
