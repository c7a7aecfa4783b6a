import { describe } from 'vitest';
import { cancellationContract } from './flights/cancellations.ts';
import { changeContract } from './flights/changes.ts';
import { orderContract } from './flights/orders.ts';
import { searchContract } from './flights/search.ts';
import type { SellerUnderTest } from './flights/seller-under-test.ts';
import { troubleContract } from './flights/trouble.ts';

export type { SellerUnderTest } from './flights/seller-under-test.ts';

/**
 * What every seller of flights must do: `FlightProvider` of src/ports/flights.ts, held against an adapter that calls its
 * stand-in over HTTP. A new seller passes it from test/providers/.
 */
export function flightsContract(target: SellerUnderTest): void {
  describe(`${target.name} as a seller of flights`, () => {
    searchContract(target);
    orderContract(target);
    cancellationContract(target);
    changeContract(target);
    troubleContract(target);
  });
}
