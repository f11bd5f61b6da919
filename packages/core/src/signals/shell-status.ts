/** How a process ended: by itself, with an exit code, or by a signal. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * The end that a shell's status stands for: a signal's number plus 128, or an exit code.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_08_02
 */
export function endOfStatus(status: number): ProcessEnd {
  const { signals } = process.getBuiltinModule('node:os').constants;
  const signal = Object.keys(signals).find((name) => signals[name as NodeJS.Signals] === status - 128) as NodeJS.Signals | undefined;
  return { code: signal === undefined ? status : null, signal: signal ?? null };
}
