import DataLoader from 'dataloader';

/** Asks that travel together at most: what one batch takes is waited for by all who are in it. */
const MOST = 64;
/** Batches under way at a time: while one waits for the disk the next is at work, and none is held up by one that waits. */
const UNDER_WAY = 2;

/**
 * What many ask in the same moment travels together. At rest an ask waits for nobody; while two batches are under way all that
 * is asked becomes the next one. So the more is asked, the more share a round trip, a commit and a wait for the disk.
 *
 * Nobody pays for another: of a batch that Postgres refuses nothing was done, and each is carried alone. (A lost connection is no refusal:
 * nobody knows what was done, and nothing is repeated.)
 * @param carry answers in the order of the asks, each with its answer or its own error; what it throws, unless it is a refusal, is everyone's
 */
export function gathered<Ask, Answer>(
  carry: (asks: readonly Ask[]) => Promise<readonly (Answer | Error)[]>,
): (ask: Ask) => Promise<Answer> {
  const ready: (() => void)[] = [];
  let underWay = 0;
  const begin = () => {
    const dispatch = underWay < UNDER_WAY ? ready.shift() : undefined;
    if (!dispatch) return;
    underWay += 1;
    // At the end of this turn of the event loop, so that all who ask just now are on board.
    setImmediate(dispatch);
  };
  const end = () => {
    underWay -= 1;
    begin();
  };
  const alone = async (ask: Ask) => (await carry([ask]))[0] as Answer | Error;
  const carried = (asks: readonly Ask[]) =>
    carry(asks).catch((error: Error & { severity?: string }) => {
      if (asks.length === 1 || error.severity !== 'ERROR') throw error;
      return Promise.all(asks.map((ask) => alone(ask).catch((own: Error) => own)));
    });
  const loader = new DataLoader<Ask, Answer>((asks) => carried(asks).finally(end), {
    cache: false,
    maxBatchSize: MOST,
    batchScheduleFn: (dispatch) => {
      ready.push(dispatch);
      begin();
    },
  });
  return (ask) => loader.load(ask);
}
