import { lstatSync } from 'node:fs';
import { endOfStatus, type ProcessEnd } from '../signals/shell-status.ts';
import { readStateOf, stateFilePath } from './file.ts';

/** The record of the `respawn` shell in the state file. It is for people, and never trusted. */
export interface RespawnRecord {
  /** How often the daemon was started again since its start. */
  readonly restarts: number;
  /** End of the last run. `null`: none has ended. */
  readonly lastExit: ProcessEnd | null;
  /** When the next run begins; `null` unless the shell waits. */
  readonly nextTry: Date | null;
}

/** The shell's line is the first, and so long that the shell can replace it in place: lines of others stay as they are. */
const LINE_BYTES = 128;
const PREFIX = 'respawn ';
/** setTimeout's limit, which the option's longest pause has, in seconds. */
const LONGEST_PAUSE = 2 ** 31 / 1000;

/** The shell's line before the first run has ended. respawn.sh writes the same form. */
export function firstRespawnLine(): string {
  return `${`${PREFIX}{"restarts":0,"status":null,"delay":null}`.padEnd(LINE_BYTES - 1)}\n`;
}

/**
 * The shell's line of a state file.
 * @param written when the file was written, in ms: the pause began then
 * @returns `null`: there is none, or the shell has not written it
 */
export function parseRespawnRecord(text: string | null, written: number | null = null): RespawnRecord | null {
  if (text === null || !text.startsWith(PREFIX)) return null;
  try {
    const value = JSON.parse(text.slice(PREFIX.length, LINE_BYTES)) as Record<string, unknown> | null;
    return value === null || typeof value !== 'object' ? null : checked(value, written);
  } catch {
    return null;
  }
}

/** The same, of the state file beside a pid file. */
export function readRespawnRecord(pidFile: string): RespawnRecord | null {
  const text = readStateOf(pidFile);
  return text === null ? null : parseRespawnRecord(text, lstatSync(stateFilePath(pidFile), { throwIfNoEntry: false })?.mtimeMs);
}

function checked({ restarts, status, delay }: Record<string, unknown>, written: number | null): RespawnRecord | null {
  if (!isWhole(restarts, Number.MAX_SAFE_INTEGER)) return null;
  const pause = typeof delay === 'number' && delay >= 0 && delay <= LONGEST_PAUSE ? delay : null;
  return {
    restarts,
    lastExit: isWhole(status, 255) ? endOfStatus(status) : null,
    nextTry: pause === null || written === null ? null : new Date(written + pause * 1000),
  };
}

function isWhole(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}
