/** Resolves once the warning is printed: stage 9 takes stderr away. */
export function warn(code: string, message: string): Promise<void> {
  process.emitWarning(message, { type: 'DaemonWarning', code });
  return new Promise((resolve) => setImmediate(resolve));
}
