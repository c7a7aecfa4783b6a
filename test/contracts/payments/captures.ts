import { describe, expect, test } from 'vitest';
import { OutcomeUnknown } from '../../../src/errors.ts';
import { PaymentRefused } from '../../../src/ports/payments.ts';
import { failureOf } from '../failure.ts';
import type { PaymentsUnderTest } from './payments-under-test.ts';
import { POUNDS, setUp } from './setup.ts';

/** Whose payments are refunded here. */
const ATTEMPT = '00000000-0000-4000-8000-0000000000aa';

/** Capturing, voiding and refunding an authorization. */
export function captureContract(target: PaymentsUnderTest): void {
  describe('captures, voids and refunds', () => {
    const world = setUp(target);
    const refusal = async (call: Promise<unknown>) => {
      const error = await failureOf(call);
      expect(error).toBeInstanceOf(PaymentRefused);
      return (error as PaymentRefused).refusal;
    };
    /** An authorization of 123.45 GBP, and the keys of what is done to it. */
    async function newAuthorization() {
      const request = await world.newRequest();
      const { paymentIntentId: id } = await world.payments.authorize(request);
      const keyOf = (step: string) => `${request.attemptId}:${step}`;
      return { id, keyOf, customerId: request.customerId };
    }
    async function newCapture() {
      const authorization = await newAuthorization();
      await world.payments.capture(authorization.id, POUNDS, authorization.keyOf('capture'));
      return authorization;
    }

    test('a capture charges the amount once, however often its key comes', async () => {
      const { id, keyOf } = await newAuthorization();
      const captured = await world.payments.capture(id, POUNDS, keyOf('capture'));
      expect(captured).toMatchObject({ status: 'captured', capturedMinor: POUNDS.minor });
      expect(await world.payments.capture(id, POUNDS, keyOf('capture'))).toEqual(captured);
      expect(world.bookedOf(id)?.captured).toBe(POUNDS.minor);
    });

    test('more than was authorized is refused, and nothing is charged', async () => {
      const { id, keyOf } = await newAuthorization();
      const more = { ...POUNDS, minor: POUNDS.minor + 1 };
      expect(await refusal(world.payments.capture(id, more, keyOf('capture')))).toBe('refused');
      expect(world.bookedOf(id)?.captured).toBe(0);
    });

    test('an authorization that lapsed can not be captured', async () => {
      const own = await target.start();
      const { paymentIntentId } = await own.payments.authorize({
        ...(await world.newRequest()),
        customerId: await own.payments.createCustomer('somebody'),
      });
      target.lapse(own.sandbox);
      expect(await refusal(own.payments.capture(paymentIntentId, POUNDS, 'late'))).toBe('refused');
      expect((await own.payments.authorization(paymentIntentId)).status).toBe('voided');
      await own.close();
    });

    test('a void ends an authorization; a captured one can not be voided, a voided one not captured', async () => {
      const voided = await newAuthorization();
      await world.payments.void(voided.id, voided.keyOf('void'));
      await world.payments.void(voided.id, voided.keyOf('void'));
      expect(await world.payments.authorization(voided.id)).toMatchObject({
        status: 'voided',
        capturedMinor: 0,
      });
      expect(await refusal(world.payments.capture(voided.id, POUNDS, voided.keyOf('capture')))).toBe(
        'refused',
      );
      const captured = await newCapture();
      expect(await refusal(world.payments.void(captured.id, captured.keyOf('void')))).toBe('refused');
      expect(world.bookedOf(captured.id)?.captured).toBe(POUNDS.minor);
    });

    test('a refund returns the amount once, however often its key comes', async () => {
      const { id, keyOf, customerId } = await newCapture();
      const kept = async () => (await world.authorizationsOf(customerId))[0]?.keptMinor;
      expect(await kept()).toBe(POUNDS.minor);
      await world.payments.refund(id, POUNDS, keyOf('refund'), ATTEMPT);
      await world.payments.refund(id, POUNDS, keyOf('refund'), ATTEMPT);
      expect(await kept()).toBe(0);
      expect(world.bookedOf(id)?.refunded).toBe(POUNDS.minor);
    });

    test('a refund of part leaves the rest; when nothing is left, a refund is already done', async () => {
      const { id, keyOf, customerId } = await newCapture();
      await world.payments.refund(id, { ...POUNDS, minor: 345 }, keyOf('part'), ATTEMPT);
      expect((await world.authorizationsOf(customerId))[0]?.keptMinor).toBe(POUNDS.minor - 345);
      await world.payments.refund(id, { ...POUNDS, minor: POUNDS.minor - 345 }, keyOf('rest'), ATTEMPT);
      expect(await refusal(world.payments.refund(id, POUNDS, keyOf('again'), ATTEMPT))).toBe(
        'already_refunded',
      );
    });

    test('what was never captured can not be refunded', async () => {
      const { id, keyOf } = await newAuthorization();
      expect(await refusal(world.payments.refund(id, POUNDS, keyOf('refund'), ATTEMPT))).toBe('refused');
    });

    test.each(target.unknown)(
      'capture: $title → outcome unknown, and a read says what happened',
      async ({ fail, happened }) => {
        const { id, keyOf } = await newAuthorization();
        fail(world.sandbox, 'capture');
        const error = await failureOf(world.payments.capture(id, POUNDS, keyOf('capture')));
        expect(error).toBeInstanceOf(OutcomeUnknown);
        expect((await world.payments.authorization(id)).status).toBe(happened ? 'captured' : 'authorized');
      },
    );

    test.each(target.unknown)(
      'refund: $title → outcome unknown, and the list says what is kept',
      async ({ fail, happened }) => {
        const { id, keyOf, customerId } = await newCapture();
        fail(world.sandbox, 'refund');
        expect(await failureOf(world.payments.refund(id, POUNDS, keyOf('refund'), ATTEMPT))).toBeInstanceOf(
          OutcomeUnknown,
        );
        const [listed] = await world.authorizationsOf(customerId);
        expect(listed?.keptMinor).toBe(happened ? 0 : POUNDS.minor);
      },
    );

    test('while the circuit is open, calls fail without being sent', async () => {
      const own = await target.start();
      const read = () => failureOf(own.payments.authorization(target.missingAuthorizationId));
      expect(own.payments.circuit()).toBe('closed');
      target.failReads(own.sandbox, 1_000);
      await Promise.all(Array.from({ length: 20 }, read));
      expect(own.payments.circuit()).toBe('open');
      const sent = own.sandbox.world.calls.length;
      await read();
      expect(own.sandbox.world.calls.length).toBe(sent);
      await own.close();
    });
  });
}
