import type { EncodedError } from './error-codec.ts';

/** What the daemon tells its launcher, one JSON line each. `shell` is the trampoline's: how the daemon's process ended. */
export type Report =
  | { readonly type: 'pid'; readonly pid: number }
  | { readonly type: 'begin' }
  | { readonly type: 'stage'; readonly stage: number }
  | { readonly type: 'ready' }
  | { readonly type: 'error'; readonly error: EncodedError; readonly stage: number | null }
  | { readonly type: 'exit'; readonly code: number }
  | { readonly type: 'shell'; readonly status: number };

/** What the launcher writes when it has said, or is about to say, that the start worked. */
export const ACK = '\x06';
/** What a launcher that lives writes when the start is undone, and the daemon can be reached in no other way. */
export const CANCEL = '\x18';
/**
 * Sent to the daemon's process group right after {@link ACK}: a signal is heard without node:net, which takes as long to load as all nine
 * stages. Children of the stages get it, too; it is ignored by default.
 */
export const WAKE = 'SIGURG';

export function encodeReport(report: Report): Buffer {
  return Buffer.from(`${JSON.stringify(report)}\n`);
}

/** Splits what arrives into reports. A line that is no report (a process killed in the middle of one) is left out. */
export class ReportReader {
  #rest = '';
  // A TextDecoder holds a converter of ICU's, which is freed when the garbage is collected, and not before.
  readonly #decoder = new (process.getBuiltinModule('node:string_decoder').StringDecoder)('utf8');

  read(chunk: Buffer): Report[] {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
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

/** What crosses for the daemon package. Descriptors are numbers in the daemon. */
export interface StartPayload {
  readonly launcherPid: number;
  readonly className: string;
  readonly name: string;
  readonly method: string;
  readonly module: string | null;
  readonly options: unknown;
  /** What of the options as they were given can cross: a module's subclass of Daemon is made with it. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Named in a failure that no one saw. */
  readonly leaks: ReadonlyArray<readonly [fd: number, dev: string, ino: string]>;
  /** The descriptor of the final stdin is 0 from the start; those of stdout and stderr wait until stage 9. */
  readonly streams: Readonly<
    Record<
      1 | 2,
      { readonly kind: 'null' } | { readonly kind: 'path'; readonly path: string } | { readonly kind: 'fd'; readonly fd: number }
    >
  >;
  /** The ack comes with {@link WAKE}. */
  readonly wakes: boolean;
  /** The trampoline has set RLIMIT_CORE. */
  readonly coreLimited: boolean;
  readonly history: readonly HistoryEntry[];
  readonly probes: readonly HistoryEntry[];
}

/** One call the launcher's script made before this start, and how it settled. */
export interface HistoryEntry {
  readonly method: string;
  readonly className: string;
  readonly name: string;
  readonly outcome?: Outcome;
}

export type Outcome = { readonly value: unknown } | { readonly error: EncodedError };
