import { readFileSync } from 'node:fs';

export interface LogRecord {
  readonly level: number;
  readonly msg: string;
  readonly n?: number;
  readonly name?: string;
  readonly lost?: number;
  readonly reason?: string;
  readonly logFile?: string;
  readonly err?: { readonly message: string };
}

/** The records of a log file. Fails on a line that is no JSON: it would be a torn one. */
export function records(path: string): LogRecord[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  if (lines.pop() !== '') throw new Error(`The last line of ${path} does not end`);
  return lines.map((line) => JSON.parse(line) as LogRecord);
}

/**
 * The same of a file that could not be written for a while: half a line is followed, later on, by the whole one.
 * Fails on what is neither a record nor such a half.
 */
export function recordsAroundHalves(path: string): LogRecord[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  if (lines.pop() !== '') throw new Error(`The last line of ${path} does not end`);
  return lines.flatMap((line, index) => {
    if (line.endsWith('}')) return JSON.parse(line) as LogRecord;
    if (line !== '' && lines.slice(index + 1).some((later) => later.startsWith(line))) return [];
    throw new Error(`Line ${index + 1} of ${path} is neither a record nor the beginning of a later one: ${line}`);
  });
}

export function numbers(path: string): number[] {
  return records(path).flatMap(({ n }) => (n === undefined ? [] : [n]));
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
