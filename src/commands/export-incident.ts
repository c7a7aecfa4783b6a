import { writeFile } from 'node:fs/promises';
import { readIncident } from '../services/evidence/incident.ts';
import { type Command, counted } from './command.ts';

export const exportIncident: Command = async ({ ports, words: [tripId], out }) => {
  if (!tripId || !/^[0-9a-f-]{36}$/.test(tripId)) throw new Error('which trip? Its id is a UUID');
  const incident = await readIncident(ports().incidents, tripId);
  if (!incident) throw new Error(`there is no trip ${tripId}`);
  const file = out ?? `incident-${tripId}.json`;
  await writeFile(file, `${JSON.stringify(incident, null, 2)}\n`);
  console.log(
    `export-incident: ${counted(incident.trail.length, 'entry', 'entries')} of ${counted(incident.attempts.length, 'attempt')} in ${file}`,
  );
  console.log(`  npm run sim -- --replay ${file}`);
  return 0;
};
