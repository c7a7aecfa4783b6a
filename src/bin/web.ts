import { onLeanHeap } from './lean-heap.ts';

await onLeanHeap(() => import('./roles/web.ts'));
