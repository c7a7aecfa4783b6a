import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** One line of a table: what was measured, and the figures by column. */
export interface Row {
  readonly name: string;
  readonly [column: string]: string | number;
}

/** What one benchmark found. A figure counts as a ratio, taken in one run on one machine. */
export interface Report {
  readonly bench: string;
  /** What was done, so that the figures can be read. */
  readonly setting: string;
  readonly rows: readonly Row[];
  /** The goals of the benchmark, each with what was reached. */
  readonly goals: readonly Goal[];
}

export interface Goal {
  readonly what: string;
  readonly wanted: string;
  readonly got: string;
  readonly met: boolean;
}

const RESULTS = new URL('../results/', import.meta.url);

/** Prints the table and writes it to `bench/results/<bench>.json` with the machine and the versions it was taken on. */
export function publish(report: Report, versions: Record<string, string>): void {
  console.log(`\n${report.bench}: ${report.setting}\n`);
  printTable(report.rows);
  for (const { what, wanted, got, met } of report.goals)
    console.log(`  ${met ? '✓' : '✗'} ${what}: ${got} (goal ${wanted})`);
  mkdirSync(RESULTS, { recursive: true });
  const machine = { cores: cpus().length, model: cpus()[0]?.model, memoryGb: Math.round(totalmem() / 1e9) };
  const result = { at: new Date().toISOString(), commit: commit(), machine, versions, ...report };
  writeFileSync(new URL(`${report.bench}.json`, RESULTS), `${JSON.stringify(result, null, 2)}\n`);
}

function printTable(rows: readonly Row[]): void {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const text = (value: string | number | undefined) =>
    typeof value === 'number' ? value.toLocaleString('en', { maximumFractionDigits: 2 }) : (value ?? '');
  const widths = columns.map((column) =>
    Math.max(column.length, ...rows.map((row) => text(row[column]).length)),
  );
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('   ')}`;
  console.log(line(columns.map((column) => (column === 'name' ? '' : column))));
  for (const row of rows) console.log(line(columns.map((column) => text(row[column]))));
  console.log();
}

/** The versions a figure depends on, of everything that took part. */
export function versionsOf(packages: readonly string[]): Record<string, string> {
  const own = packages.map((name) => [name, versionIn(name)] as const);
  return { node: process.version, ...Object.fromEntries(own) };
}

function versionIn(name: string): string {
  for (const folder of ['../node_modules/', '../../node_modules/'])
    try {
      const file = new URL(`${folder}${name}/package.json`, import.meta.url);
      return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
    } catch {}
  return 'not installed';
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return 'unknown';
  }
}

export const goal = (what: string, wanted: string, value: number, met: boolean): Goal => ({
  what,
  wanted,
  got: value.toLocaleString('en', { maximumFractionDigits: 2 }),
  met,
});
