/** How a process ended: by itself, with an exit code, or by a signal. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A shell adds the number of the signal that ended its command to this. */
const SIGNALLED = 128;

/** The status of a process that a signal has ended, as a shell gives it. */
export function statusOfSignal(number: number): number {
  return SIGNALLED + number;
}

/**
 * The end that a shell's status stands for: a signal's number plus 128, or an exit code.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_08_02
 */
export function endOfStatus(status: number): ProcessEnd {
  const { signals } = process.getBuiltinModule('node:os').constants;
  const signal = Object.keys(signals).find((name) => signals[name as NodeJS.Signals] === status - SIGNALLED) as NodeJS.Signals | undefined;
  return { code: signal === undefined ? status : null, signal: signal ?? null };
}
