import type { NotificationWriter } from '../../src/ports/storage/notifications.ts';
import type { Tables } from './tables.ts';

/** Notifications in memory. They are sent outside the simulator. */
export function createMemoryNotifications(tables: Tables): NotificationWriter {
  return {
    async enqueue(requests) {
      for (const request of requests) tables.notify(request);
      tables.afterCommit();
    },
  };
}
