import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { OutcomeUnknown, Permanent, Retryable } from '../../../src/errors.ts';
import { type DeclineClass, Declined, PaymentRefused } from '../../../src/ports/payments.ts';
import { failureOf } from '../failure.ts';
import type { PaymentsUnderTest } from './payments-under-test.ts';
import { POUNDS, setUp } from './setup.ts';

/** Saving cards, and reserving money on them. */
export function authorizationContract(target: PaymentsUnderTest): void {
  describe('cards and authorizations', () => {
    const world = setUp(target);

    test('a user is one customer, however often they are created', async () => {
      const userId = randomUUID();
      const customerId = await world.payments.createCustomer(userId);
      expect(await world.payments.createCustomer(userId)).toBe(customerId);
      expect(await world.payments.createCustomer(randomUUID())).not.toBe(customerId);
      // Ids as issuers may give them: in other scripts, longer than a key may be, alike but for a space.
      const odd = ['Łukasz|1', 'u'.repeat(255), 'odd', 'odd '];
      const customers = await Promise.all(odd.map((id) => world.payments.createCustomer(id)));
      expect(new Set(customers).size).toBe(odd.length);
      expect(await world.payments.createCustomer('odd ')).toBe(customers[3]);
    });

    test('a card is set up, saved and removed', async () => {
      const customerId = await world.payments.createCustomer(randomUUID());
      expect(await world.payments.startCardSetup(customerId)).not.toBe('');
      const { card, brand, last4 } = target.cards.saved;
      const saved = await world.payments.saveCard(customerId, card);
      expect(saved).toMatchObject({ brand, last4 });
      expect(saved.expYear).toBeGreaterThan(2025);
      await world.payments.removeCard(saved.paymentMethodId);
    });

    test('a card that the browser has saved already is taken as it is, but not from another customer', async () => {
      const [ours, theirs] = await Promise.all([1, 2].map(() => world.payments.createCustomer(randomUUID())));
      const saved = await world.payments.saveCard(ours as string, target.cards.saved.card);
      expect(await world.payments.saveCard(ours as string, saved.paymentMethodId)).toEqual(saved);
      const stolen = world.payments.saveCard(theirs as string, saved.paymentMethodId);
      expect(await failureOf(stolen)).toBeInstanceOf(Permanent);
      const request = { customerId: theirs as string, paymentMethodId: saved.paymentMethodId };
      expect(await failureOf(world.authorized(request))).toBeInstanceOf(PaymentRefused);
    });

    test('a card that is removed pays no more, and to remove it again changes nothing', async () => {
      const customerId = await world.payments.createCustomer(randomUUID());
      const { paymentMethodId } = await world.payments.saveCard(customerId, target.cards.saved.card);
      await world.payments.removeCard(paymentMethodId);
      await world.payments.removeCard(paymentMethodId);
      expect(await failureOf(world.authorized({ customerId, paymentMethodId }))).toBeInstanceOf(
        PaymentRefused,
      );
      const again = world.payments.saveCard(customerId, paymentMethodId);
      expect(await failureOf(again)).toBeInstanceOf(Permanent);
    });

    test('an authorization reserves the exact amount, says until when, and names our attempt', async () => {
      const request = await world.newRequest();
      const authorization = await world.payments.authorize(request);
      expect(authorization).toMatchObject({
        status: 'authorized',
        amount: POUNDS,
        capturedMinor: 0,
        attemptId: request.attemptId,
        tripId: request.tripId,
      });
      expect(authorization.captureBefore?.getTime()).toBeGreaterThan(Date.now() + 86_400_000);
      expect(await world.payments.authorization(authorization.paymentIntentId)).toEqual(authorization);
      expect(world.bookedOf(authorization.paymentIntentId)).toMatchObject({ captured: 0, refunded: 0 });
    });

    test.each(target.amounts)(
      '$amount.minor minor units of $amount.currency are sent as $sent',
      async ({ amount, sent }) => {
        const authorization = await world.authorized({ amount });
        expect(world.bookedOf(authorization.paymentIntentId)?.amount).toBe(sent);
        expect(authorization.amount).toEqual(amount);
      },
    );

    test('an amount finer than can be charged is refused before it is sent', async () => {
      const request = await world.newRequest({ amount: target.tooFine });
      const sent = world.sandbox.world.calls.length;
      expect(await failureOf(world.payments.authorize(request))).toBeInstanceOf(Permanent);
      expect(world.sandbox.world.calls.length).toBe(sent);
    });

    test('the same key is answered with the same authorization', async () => {
      const request = await world.newRequest();
      const [first, second] = [
        await world.payments.authorize(request),
        await world.payments.authorize(request),
      ];
      expect(second).toEqual(first);
      expect(await world.authorizationsOf(request.customerId)).toHaveLength(1);
    });

    test('the same key answers with the authorization as it stands now', async () => {
      const request = await world.newRequest();
      const { paymentIntentId } = await world.payments.authorize(request);
      await world.payments.void(paymentIntentId, `${request.attemptId}:void`);
      expect(await world.payments.authorize(request)).toMatchObject({ paymentIntentId, status: 'voided' });
    });

    test('the same key with another amount is refused', async () => {
      const request = await world.newRequest();
      await world.payments.authorize(request);
      const other = { ...request, amount: { ...POUNDS, minor: POUNDS.minor + 1 } };
      expect(await failureOf(world.payments.authorize(other))).toBeInstanceOf(PaymentRefused);
      expect(await world.authorizationsOf(request.customerId)).toHaveLength(1);
    });

    const declines = Object.entries(target.declines).flatMap(([declineClass, cases]) =>
      cases.map((one) => ({ ...one, declineClass: declineClass as DeclineClass })),
    );
    test.each(declines)(
      'a decline by $code → $declineClass',
      async ({ code, card, arrange, declineClass }) => {
        const request = await world.newRequest(card ? { paymentMethodId: card } : {});
        arrange?.(world.sandbox);
        const error = await failureOf(world.payments.authorize(request));
        expect(error).toBeInstanceOf(Declined);
        expect(error).toMatchObject({ code, class: declineClass });
        const left = await world.authorizationsOf(request.customerId);
        expect(left.filter(({ status }) => status === 'authorized')).toEqual([]);
        // A declined authorization leaves something behind, which can be closed.
        const { paymentIntentId } = error as Declined;
        if (!card) return expect(paymentIntentId).toBeNull();
        await world.payments.void(paymentIntentId as string, `${request.attemptId}:void`);
        expect((await world.payments.authorization(paymentIntentId as string)).status).toBe('voided');
      },
    );

    test.each(target.unknown)(
      '$title → outcome unknown, looked up by customer',
      async ({ fail, happened }) => {
        const request = await world.newRequest();
        fail(world.sandbox, 'authorize');
        expect(await failureOf(world.payments.authorize(request))).toBeInstanceOf(OutcomeUnknown);
        const found = await world.authorizationsOf(request.customerId);
        expect(found.map(({ attemptId, status }) => [attemptId, status])).toEqual(
          happened ? [[request.attemptId, 'authorized']] : [],
        );
      },
    );

    test.each(target.turnedAway)(
      '$title → may be repeated after a wait, and reserves once',
      async ({ fail }) => {
        const request = await world.newRequest();
        fail(world.sandbox, 'authorize');
        const error = await failureOf(world.payments.authorize(request));
        expect(error).toBeInstanceOf(Retryable);
        expect((error as Retryable).retryAfterMs).toBeGreaterThan(0);
        expect((await world.payments.authorize(request)).status).toBe('authorized');
        expect(await world.authorizationsOf(request.customerId)).toHaveLength(1);
      },
    );

    test.each(target.refused)('$title → refused for good', async ({ fail }) => {
      const request = await world.newRequest();
      fail(world.sandbox, 'authorize');
      const error = await failureOf(world.payments.authorize(request));
      expect(error).toBeInstanceOf(PaymentRefused);
      expect(error).toMatchObject({ refusal: 'refused' });
      expect(await world.authorizationsOf(request.customerId)).toEqual([]);
    });

    test.each(target.amountRefusals)('$title → it is the amount that is refused', async ({ fail }) => {
      const request = await world.newRequest();
      fail(world.sandbox, 'authorize');
      expect(await failureOf(world.payments.authorize(request))).toMatchObject({ refusal: 'amount' });
    });

    test('a bank that wants a confirmation: declined, pending for it, and authorized once the traveller gave it', async () => {
      const request = await world.newRequest({ paymentMethodId: target.confirmation.card });
      const refusal = (await failureOf(world.payments.authorize(request))) as Declined;
      expect(refusal).toMatchObject({ class: 'confirm_with_bank', paymentIntentId: expect.any(String) });
      const id = String(refusal.paymentIntentId);
      const waiting = { status: 'pending', pendingFor: { kind: 'confirmation' } };
      expect(await world.payments.authorization(id)).toMatchObject(waiting);
      const asked = await world.payments.confirmation(id);
      expect(asked).toMatchObject({ authorization: waiting, paymentMethodId: expect.any(String) });
      expect(asked.clientSecret).not.toBe('');
      expect(JSON.stringify(asked.authorization)).not.toContain(asked.clientSecret);

      target.confirmation.answer(world.sandbox, asked, 'fails');
      expect(await world.payments.authorization(id)).toMatchObject(waiting);
      target.confirmation.answer(world.sandbox, asked, 'passes');
      const done = {
        status: 'authorized',
        pendingFor: null,
        amount: request.amount,
        attemptId: request.attemptId,
      };
      expect(await world.payments.authorization(id)).toMatchObject(done);
      expect(await world.authorizationsOf(request.customerId)).toMatchObject([done]);
      await world.payments.void(id, `${request.attemptId}:void`);
      expect(await world.payments.authorization(id)).toMatchObject({ status: 'voided', pendingFor: null });
    });

    test('a bank that says no after the confirmation → pending for another card; voided, no confirmation is possible', async () => {
      const request = await world.newRequest({ paymentMethodId: target.confirmation.card });
      const { paymentIntentId } = (await failureOf(world.payments.authorize(request))) as Declined;
      const asked = await world.payments.confirmation(String(paymentIntentId));
      target.confirmation.answer(world.sandbox, asked, 'declined');
      expect(await world.payments.authorization(String(paymentIntentId))).toMatchObject({
        status: 'pending',
        pendingFor: { kind: 'declined', class: 'other_card', shownCode: 'insufficient_funds' },
      });
      await world.payments.void(String(paymentIntentId), `${request.attemptId}:void`);
      expect(() => target.confirmation.answer(world.sandbox, asked, 'passes')).toThrow();
    });

    test('a read may always be repeated, unless what it names does not exist', async () => {
      const { paymentIntentId } = await world.authorized();
      target.failReads(world.sandbox, 3);
      const error = await failureOf(world.payments.authorization(paymentIntentId));
      expect(error).toBeInstanceOf(Retryable);
      world.sandbox.faults.clear();
      expect(await failureOf(world.payments.authorization(target.missingAuthorizationId))).toBeInstanceOf(
        Permanent,
      );
    });

    test('the list of authorizations goes on over its pages', async () => {
      const since = new Date(Date.now() - 1_000);
      const { paymentIntentId } = await world.authorized();
      const before = (await world.authorizationsSince(since)).length;
      target.copyAuthorization(world.sandbox, paymentIntentId, 230);
      const list = await world.authorizationsSince(since);
      expect(list).toHaveLength(before + 230);
      expect(new Set(list.map((one) => one.paymentIntentId)).size).toBe(before + 230);
      expect(await world.authorizationsSince(new Date(Date.now() + 60_000))).toEqual([]);
    });
  });
}
