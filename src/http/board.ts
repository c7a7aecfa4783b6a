import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { Express } from 'express';

/** Where the queue board is. */
export const BOARD = '/admin/queues';

/** A queue, as Bull Board takes it. */
export type BoardQueue = ConstructorParameters<typeof BullMQAdapter>[0];

/** Bull Board on these queues. @param readOnly it shows nothing that changes a job or a queue */
export function createBoard(queues: readonly BoardQueue[], { readOnly }: { readOnly: boolean }): Express {
  const adapter = new ExpressAdapter();
  adapter.setBasePath(BOARD);
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: readOnly })),
    serverAdapter: adapter,
    options: {
      uiConfig: {
        boardTitle: 'Parker Flight',
        hideDocsLink: true,
        miscLinks: [{ text: 'Sign out', url: '/admin/session' }],
        ...(readOnly && { environment: { label: 'viewer: read only', color: '#5c677d', textColor: '#fff' } }),
      },
    },
  });
  const board: Express = adapter.getRouter();
  return board.disable('x-powered-by');
}
