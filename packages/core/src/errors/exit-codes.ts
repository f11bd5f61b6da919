/**
 * Exit codes of init scripts, which `control()` and the command share. `status` has a list of its own.
 * @see https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/iniscrptact.html
 */
export const EXIT = { done: 0, failed: 1, usage: 2, notPermitted: 4, notRunning: 7 } as const;

export const STATUS_EXIT = { running: 0, dead: 1, stopped: 3, unknown: 4 } as const;

const NOT_PERMITTED: readonly unknown[] = ['EPERM', 'EACCES', 'ERR_DECLARATION_FOREIGN', 'ERR_PID_FILE_INSECURE', 'ERR_REGISTRY_INSECURE'];

/** Whether an error of this code means that the caller has no right to do it: exit code 4. */
export function meansNotPermitted(code: unknown): boolean {
  return NOT_PERMITTED.includes(code);
}
