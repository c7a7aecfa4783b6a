/** The queues of the fleet. Their names are part of Redis keys and flag keys, so they never change. */
export const QUEUE_NAMES = ['search', 'monitor', 'book', 'notify', 'cleanup'] as const;
/** The name of one queue. */
export type QueueName = (typeof QUEUE_NAMES)[number];
