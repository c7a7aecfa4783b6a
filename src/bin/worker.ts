import { leanStart } from './lean-start.ts';

await leanStart(() => import('./roles/worker.ts'));
