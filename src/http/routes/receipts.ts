import { Refused } from '../../errors.ts';
import type { ReceiptStore } from '../../ports/storage/receipts.ts';
import { type ReceiptDeps, readReceipt } from '../../services/evidence/receipt.ts';
import { defineRoute, type Route } from '../route.ts';
import { receipt } from '../schemas/receipt.ts';
import { idParam } from '../schemas/values.ts';

/** The receipt of any trip, for those who must prove a booking to a bank. */
export const opsReceiptRoutes = ({
  opsReceipts,
  ...deps
}: Omit<ReceiptDeps, 'receipts'> & { readonly opsReceipts: ReceiptStore }): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/ops/trips/{id}/receipt',
    operationId: 'getAnyTripReceipt',
    tag: 'Ops',
    summary: 'The decision receipt of any trip: the evidence in a dispute',
    roles: ['viewer', 'operator', 'admin'],
    params: idParam,
    answers: { 200: { description: 'The decision receipt', schema: receipt } },
    cost: 'vendor',
    async handle({ params }) {
      const userId = await opsReceipts.ownerOf(params.id);
      if (userId === undefined) throw new Refused('missing', 'There is no such trip.');
      return { status: 200, body: await readReceipt({ ...deps, receipts: opsReceipts }, userId, params.id) };
    },
  }),
];
