import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual, styleText } from 'node:util';
import { z } from 'zod';
import type { Incident } from '../../src/services/evidence/incident.ts';
import { PLAIN } from '../after-ticket/course.ts';
import { plain } from '../breadth.ts';
import { PROMPT } from '../confirmation/course.ts';
import { NO_WISHES } from '../fare-market.ts';
import { calm, type Scenario } from '../scenario.ts';
import { type RunResult, Simulation } from '../simulation.ts';
import { type Said, saidOf, scriptOf } from './script.ts';

const incidentSchema = z.object({
  version: z.literal(1),
  trip: z.object({ capMinor: z.number(), currency: z.string(), status: z.string(), outcome: z.string() }),
  attempts: z.array(
    z.object({
      number: z.number(),
      status: z.string(),
      errorCode: z.string().nullable(),
      priceMinor: z.number().nullable(),
      claims: z.number(),
    }),
  ),
  steps: z.array(
    z.object({ attempt: z.number(), step: z.string(), tries: z.number(), outcome: z.string().nullable() }),
  ),
  trail: z.array(
    z.object({
      at: z.number(),
      attempt: z.number().nullable(),
      type: z.string(),
      detail: z.record(z.string(), z.unknown()),
    }),
  ),
});

/** Lives through incidents again and says whether the same happened. @returns whether it did in all of them */
export async function replayAll(path: string): Promise<boolean> {
  const folder = (await stat(path).catch(unusable)).isDirectory();
  const files = folder ? (await readdir(path)).filter((file) => file.endsWith('.json')).sort() : [''];
  let same = 0;
  for (const file of files) {
    const { problems, ending, entries } = await replay(join(path, file));
    if (!folder) console.log(ending.transcript.join('\n'));
    for (const problem of problems) console.log(`${styleText('red', '✗')} ${file} ${problem}`);
    if (problems.length === 0) same += 1;
    if (!folder) console.log(`${entries} entries of the trail`);
  }
  console.log(`sim: ${same} of ${files.length} incidents replayed identically`);
  return same === files.length;
}

/** @throws Error with one line for whoever typed the command */
async function readIncident(file: string): Promise<Incident> {
  const text = await readFile(file, 'utf8').catch(unusable);
  const json = z.string().transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue('not JSON');
      return z.NEVER;
    }
  });
  const read = json.pipe(incidentSchema).safeParse(text);
  if (!read.success) throw new UnusableIncident(`${file} is not an incident of npx parker export-incident`);
  return read.data;
}

/** What was named can't be replayed. The message alone says why. */
export class UnusableIncident extends Error {}

function unusable(error: Error): never {
  throw new UnusableIncident(error.message);
}

async function replay(file: string): Promise<{ problems: string[]; ending: RunResult; entries: number }> {
  const incident = await readIncident(file);
  const ending = await new Simulation(scenarioFor(incident), scriptOf(incident), true).run();
  const problems = ending.breach ? [ending.breach.message] : [];
  const ids = [...new Set(ending.audits.flatMap(({ attemptId }) => attemptId ?? []))];
  for (const { number } of incident.attempts) {
    const was = saidOf(incident.trail.filter(({ attempt }) => attempt === number));
    const is = saidOf(ending.audits.filter(({ attemptId }) => attemptId === ids[number - 1]));
    if (!isDeepStrictEqual(is, was)) problems.push(`attempt ${number}: ${firstDifference(is, was)}`);
  }
  if (ids.length !== incident.attempts.length)
    problems.push(`${ids.length} attempts, there were ${incident.attempts.length}`);
  const end = `${incident.trip.status}/${incident.trip.outcome}`;
  if (ending.trips[0] !== end) problems.push(`it ended ${ending.trips[0]}, it had ended ${end}`);
  return { problems, ending, entries: incident.trail.length };
}

/** A calm day with one trip; what went wrong comes from the incident. */
function scenarioFor({ trip }: Incident): Scenario {
  const day = calm(1);
  return {
    ...day,
    trips: [
      {
        ...plain(0),
        ...NO_WISHES,
        postedAt: 0,
        capMinor: trip.capMinor,
        expiresAt: 10 * 3_600_000,
        cancelAt: null,
        releaseAt: null,
        cancelBookingAt: null,
        after: PLAIN,
        bank: PROMPT,
      },
    ],
  };
}

function firstDifference(is: readonly Said[], was: readonly Said[]): string {
  const at = was.findIndex((said, index) => !isDeepStrictEqual(said, is[index]));
  const words = (said: Said | undefined) =>
    said ? Object.values(said).filter(Boolean).join(' ') : 'nothing';
  return at < 0
    ? `${words(is[was.length])} came after the end`
    : `${words(is[at])}, it was ${words(was[at])}`;
}
