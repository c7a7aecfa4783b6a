import type { Money } from '../../../domain/money.ts';
import { moneyText } from '../../../domain/money.ts';
import { totalOf } from '../../../domain/refund.ts';
import { Refused } from '../../../errors.ts';
import type { CasePlanner } from '../ports.ts';
import { keptMinor, readAuthorization } from '../vendor-truth.ts';

/** A refund that the bank did not take is asked for again under a new key, or was made good in another way. */
export const planForRefund: CasePlanner = async (vendors, one, action, { paidElsewhere }) => {
  const { stakeMinor, owedMinor, currency, paidElsewhereMinor } = one.money;
  const paymentIntentId = one.paymentIntentId as string;
  const failed: Money = { minor: stakeMinor as number, currency: currency as string };
  const kept = keptMinor(await readAuthorization(vendors, paymentIntentId));
  const { aliveMinor } = totalOf(await vendors.payments.refundsOf(paymentIntentId));
  const backMinor = aliveMinor + paidElsewhereMinor;
  const isMadeGood = owedMinor !== null && backMinor >= owedMinor;
  if (action === 'refund') {
    if (isMadeGood)
      throw new Refused(
        'conflict',
        `${moneyText({ ...failed, minor: backMinor })} went back: all that is owed. Close it.`,
      );
    if (kept < failed.minor)
      throw new Refused(
        'conflict',
        `Only ${moneyText({ ...failed, minor: kept })} of the payment is left, so ${moneyText(failed)} can't be refunded. Close it if it was made good.`,
      );
    return {
      message: `${moneyText(failed)} is being refunded again.`,
      stake: failed,
      state: 'ACCEPTED',
      write: async () => true,
    };
  }
  // What was stated once counts: stated again, it would count twice.
  if (isMadeGood && paidElsewhere)
    throw new Refused(
      'conflict',
      `${moneyText({ ...failed, minor: backMinor })} went back: all that is owed. Close it without paidElsewhere (--paid-elsewhere).`,
    );
  if (kept > 0 && !isMadeGood && !paidElsewhere)
    throw new Refused(
      'conflict',
      `${moneyText({ ...failed, minor: kept })} of the payment is still ours. Refund it, or state paidElsewhere (--paid-elsewhere).`,
    );
  return {
    message: 'The refund is taken as made good.',
    stake: failed,
    state: 'DONE',
    write: (trx) => trx.resolveRefund(one),
  };
};
