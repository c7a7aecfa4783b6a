import DataLoader from 'dataloader';

/** Every request of a batch waits for the whole batch, so a batch is kept small. */
const MAX_BATCH_SIZE = 64;
/** Two batches at a time: while one waits for its commit, Postgres works on the other. */
const MAX_BATCHES_IN_FLIGHT = 2;

/**
 * Batches concurrent requests. With fewer than two batches in flight a request is sent at once; otherwise requests wait and
 * form the next batch. So under load more requests share one round trip and one commit.
 *
 * When Postgres refuses a batch, nothing of it was done, and each of its requests is repeated alone, so that one bad request
 * does not fail the others. A lost connection is no refusal: the outcome is unknown, and nothing is repeated.
 * @param runBatch answers in the order of the requests, each with a value or an error of its own. An error that it throws,
 * other than a refusal, fails every request of the batch
 */
export function batched<Request, Answer>(
  runBatch: (requests: readonly Request[]) => Promise<readonly (Answer | Error)[]>,
): (request: Request) => Promise<Answer> {
  const ready: (() => void)[] = [];
  let inFlight = 0;
  const startNext = () => {
    const dispatch = inFlight < MAX_BATCHES_IN_FLIGHT ? ready.shift() : undefined;
    if (!dispatch) return;
    inFlight += 1;
    // At the end of this turn of the event loop, so that the batch includes every request made in it.
    setImmediate(dispatch);
  };
  const end = () => {
    inFlight -= 1;
    startNext();
  };
  const runAlone = async (request: Request) => (await runBatch([request]))[0] as Answer | Error;
  const run = (requests: readonly Request[]) =>
    runBatch(requests).catch((error: Error & { severity?: string }) => {
      if (requests.length === 1 || error.severity !== 'ERROR') throw error;
      return Promise.all(requests.map((request) => runAlone(request).catch((own: Error) => own)));
    });
  const loader = new DataLoader<Request, Answer>((requests) => run(requests).finally(end), {
    cache: false,
    maxBatchSize: MAX_BATCH_SIZE,
    batchScheduleFn: (dispatch) => {
      ready.push(dispatch);
      startNext();
    },
  });
  return (request) => loader.load(request);
}
