import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Asked } from './load.ts';

/** How long requests took, in milliseconds, each from the moment it was due; and how many were not answered well. */
export interface Arrived {
  readonly times: readonly number[];
  readonly failed: number;
}

/**
 * Requests that come as people do: by chance, so many a second in the mean, and whether or not those before them have been
 * answered. The rate rises during the first seconds, which are not counted. (Tools that hold a rate by the second send
 * all of a second's at its start.)
 */
export async function arrive(
  url: string,
  load: { rate: number; seconds: number; warmSeconds: number; requests: readonly Asked[] },
): Promise<Arrived> {
  const { rate, seconds, warmSeconds, requests } = load;
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  const answers: Promise<void>[] = [];
  let failed = 0;
  const ask = async (asked: Asked, due: number) => {
    const status = await answered(url, asked, agent).catch(() => 0);
    if (due >= warm) times.push(performance.now() - due);
    if (status < 200 || status > 299) failed += 1;
  };
  const began = performance.now();
  const warm = began + warmSeconds * 1_000;
  const end = warm + seconds * 1_000;
  for (let due = performance.now(), sent = 0; due < end; sent += 1) {
    const risen = Math.min(1, Math.max(0.1, (due - began) / (warm - began)));
    due += (-Math.log(1 - Math.random()) / (rate * risen)) * 1_000;
    const early = due - performance.now();
    if (early > 0) await sleep(early);
    answers.push(ask(requests[sent % requests.length] as Asked, due));
  }
  await Promise.all(answers);
  agent.destroy();
  return { times, failed };
}

function answered(url: string, { method, path, token, body }: Asked, agent: Agent): Promise<number> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(text && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    };
    const sent = request(url + path, { method, agent, headers }, (res) => {
      res.resume().on('end', () => resolve(res.statusCode ?? 0));
      res.on('error', reject);
    });
    sent.on('error', reject).end(text);
  });
}
