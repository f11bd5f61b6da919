/** Events that a log file reports about itself. */
export type Trouble =
  /** `lines` at most: which of them still reached a file that was being removed cannot be told. */
  | { readonly kind: 'lost'; readonly lines: number; readonly error: unknown }
  /** The file could not be opened again; writing goes on in the one that was open. */
  | { readonly kind: 'not-reopened'; readonly error: unknown };

/** The cause of lines lost without a failed write. */
export const REMOVED: Error = Object.assign(new Error('the file was removed, or its descriptor closed, while it was written'), {
  code: 'removed',
});

/** The record about it: bindings and message. */
export function recordOf(path: string, trouble: Trouble): [{ logFile: string; lost?: number; reason: string }, string] {
  const { code, message } = trouble.error as NodeJS.ErrnoException;
  const reason = code ?? message;
  if (trouble.kind === 'lost') {
    const lines = trouble.lines === 1 ? '1 line' : `${trouble.lines} lines`;
    return [{ logFile: path, lost: trouble.lines, reason }, `Lost up to ${lines} while '${path}' could not be written: ${reason}`];
  }
  return [{ logFile: path, reason }, `Cannot reopen '${path}' (${reason}): writing on to the file that was open`];
}
