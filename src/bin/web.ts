import { limitHeapGrowth } from './v8-heap.ts';

await limitHeapGrowth(() => import('./roles/web.ts'));
