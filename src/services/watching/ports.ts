import type { Clock } from '../../ports/clock.ts';
import type { Flags } from '../../ports/flags.ts';
import type { FlightProvider } from '../../ports/flights.ts';
import type { WatchQuota } from '../../ports/quota.ts';
import type { SearchSchedule } from '../../ports/search-schedule.ts';
import type { AttemptHistory } from '../../ports/storage/attempt-history.ts';
import type { WatchStore } from '../../ports/storage/watch.ts';
import type { PassengerReader } from '../booking/ports.ts';

/** Everything watching needs of the outside. */
export interface WatchPorts {
  readonly watch: WatchStore;
  readonly history: AttemptHistory;
  readonly flights: Pick<FlightProvider, 'search'>;
  readonly travelers: Pick<PassengerReader, 'flyersOf'>;
  readonly quota: WatchQuota;
  readonly flags: Flags;
  readonly schedule: SearchSchedule;
  readonly clock: Clock;
  /** Called after a commit that may have left jobs in the outbox. */
  readonly afterCommit: () => void;
}
