/**
 * The one environment variable that tells a process that it is a daemon being started: `<fd>:<index>:<nonce>`.
 * The payload itself, which may hold secrets, never stands in the environment or in argv.
 */
export const MARKER = 'DAEMONIUM_START';

export interface Marker {
  /** Descriptor of the control socket, or without a monitor of the file with the payload. */
  readonly fd: number;
  /** Which of the launcher's starts this is, counted from 0. */
  readonly index: number;
  /** Stands at the head of the payload too, so that a marker left over or made up fits nothing. */
  readonly nonce: string;
}

/**
 * A nonce for one start. It is no secret, because a process that can read the marker can read the payload, too. It only has to differ each
 * time; a cryptographic generator would take longer than the rest of the marker.
 */
export function newNonce(): string {
  const random = Math.random().toString(36).slice(2);
  return `${process.pid.toString(36)}${process.hrtime.bigint().toString(36)}${random}`.padEnd(16, '0');
}

export function formatMarker({ fd, index, nonce }: Marker): string {
  return `${fd}:${index}:${nonce}`;
}

/**
 * Reads the marker and removes it, so that no child of the daemon takes itself for one.
 * @returns `null` when there is none; `'malformed'` when there is one that no launcher has written
 */
export function takeMarker(env: NodeJS.ProcessEnv): Marker | 'malformed' | null {
  const text = env[MARKER];
  if (text === undefined) return null;
  delete env[MARKER];
  // An empty variable counts as unset: people write `VAR= command` for that.
  if (text === '') return null;
  const match = /^([3-9]|[1-9][0-9]{1,5}):(0|[1-9][0-9]{0,8}):([0-9a-z]{16,64})$/.exec(text);
  if (match === null) return 'malformed';
  return { fd: Number(match[1]), index: Number(match[2]), nonce: match[3] as string };
}
