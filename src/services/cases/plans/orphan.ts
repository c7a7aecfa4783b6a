import type { CaseStatement, OpenCase } from '../../../domain/case.ts';
import { Refused } from '../../../errors.ts';
import type { CasePlan, CasePlanner } from '../ports.ts';
import { acceptedRefund, keptMinor, readAuthorization, readOrder } from '../vendor-truth.ts';

/** An orphan belongs to no saga: a job carries the decision out, under keys of its own. */
export const planForOrphan: CasePlanner = (vendors, one, action, statement) =>
  one.step === 'order'
    ? forOrder(vendors, one, action, statement)
    : forPayment(vendors, one, action, statement);

const forOrder: CasePlanner = async (vendors, one, action, statement) => {
  const order = await readOrder(vendors, one.id);
  const stake = order.facts.total;
  if (action === 'close') {
    if (!order.cancelled)
      throw new Refused(
        'conflict',
        `${one.id} is live at the airline. Use cancel-order, or adopt it in its attempt's case.`,
      );
    return { ...gone(one, 'closed'), stake };
  }
  if (order.cancelled) return { ...gone(one, 'cancelled'), stake };
  await acceptedRefund(vendors, order, statement);
  return { ...byJob(`${one.id} is being cancelled.`), stake };
};

const forPayment: CasePlanner = async (vendors, one, action, { noOrder }: CaseStatement) => {
  const authorization = await readAuthorization(vendors, one.id);
  const stake = authorization.amount;
  const open = authorization.status === 'authorized' || keptMinor(authorization) > 0;
  if (!open) return { ...gone(one, 'closed'), stake };
  if (action === 'close')
    throw new Refused('conflict', `${one.id} is still reserved or captured. Use release.`);
  if (!noOrder)
    throw new Refused(
      'conflict',
      'A person was called because a ticket may hang on this money. When there is certainly none, state noOrder (--no-order).',
    );
  return { ...byJob(`${one.id} is being voided or refunded.`), stake };
};

const gone = (one: OpenCase, outcome: string): CasePlan => ({
  message: 'Nothing of it is left at the vendor.',
  state: 'DONE',
  write: (trx) => trx.closeOrphan(one, outcome),
});

/** The decision is committed before its call; the job is stored with it by whoever records the decision. */
const byJob = (message: string): CasePlan => ({
  message,
  state: 'ACCEPTED',
  write: async () => true,
});
