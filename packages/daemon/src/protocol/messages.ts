import type { EncodedError } from './error-codec.ts';

/**
 * Messages of the daemon to its launcher, one JSON line each.
 * `pid`: the process lives. `begin`: the script has come to its own start. `seal`: please write the pid file. `output`: output of a program
 * after stage 9, until it is ready. `ready`: READY. `working`: the first turn of `run()` is over. `shell` comes from the shell between the
 * two: how the daemon's process ended.
 */
export type Report =
  | { readonly type: 'pid'; readonly pid: number }
  | { readonly type: 'begin' }
  | { readonly type: 'stage'; readonly stage: number }
  | { readonly type: 'seal' }
  | { readonly type: 'output'; readonly fd: 1 | 2; readonly text: string }
  | { readonly type: 'ready' }
  | { readonly type: 'working' }
  | { readonly type: 'error'; readonly error: EncodedError; readonly stage: number | null }
  | { readonly type: 'exit'; readonly code: number }
  | { readonly type: 'shell'; readonly status: number };

/** Answers of the launcher, one byte each. */
export const WORD = {
  /** The answer to `seal`: the pid is in the pid file. */
  sealed: '\x05',
  /** The answer to READY: `run()` may begin. The start can still fail, until its first turn is over. */
  go: '\x06',
  /** The start has worked: nothing ties the two processes any more. */
  release: '\x07',
  /** Only to a shell that stays: one line, for its `read`. */
  stay: '\n',
  /** The start is undone. Only written where the daemon can be reached in no other way. */
  cancel: '\x18',
} as const;

/**
 * Sent to the daemon's process group right after a word: a signal is heard without node:net, which takes as long to load as all nine
 * stages. Children of the stages get it, too; it is ignored by default.
 */
export const WAKE = 'SIGURG';

export function encodeReport(report: Report): Buffer {
  return Buffer.from(`${JSON.stringify(report)}\n`);
}

/** An error and its causes, with stacks, as JSON: a longer line is no report. In characters. */
const LONGEST_LINE = 64 * 1024 * 1024;

/**
 * Splits the incoming bytes into reports. A line that is no report (a process killed in the middle of one) is left out. Keeps no endless line in
 * memory: a daemon that has given up root may send its launcher anything.
 */
export class ReportReader {
  #rest = '';
  // A TextDecoder holds a converter of ICU's, which is freed when the garbage is collected, and not before.
  readonly #decoder = new (process.getBuiltinModule('node:string_decoder').StringDecoder)('utf8');

  read(chunk: Buffer): Report[] {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LONGEST_LINE) this.#rest = '';
    return lines.flatMap((line) => parse(line) ?? []);
  }
}

function parse(line: string): Report | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Report;
  } catch {
    return null;
  }
}
