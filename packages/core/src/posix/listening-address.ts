import { endianness } from 'node:os';
import { readProc } from './proc-file.ts';

/**
 * The address on which a socket listens, by the tables of this network namespace.
 * @param ino the socket's inode number, by fstat(2)
 * @returns `null` for what does not listen, and where /proc does not show it
 * @see https://man7.org/linux/man-pages/man5/proc_pid_net.5.html
 */
export function listeningAddress(ino: bigint): { readonly host: string; readonly port: number } | { readonly path: string } | null {
  for (const table of ['tcp', 'tcp6']) {
    // sl, local address, remote address, state (0A is LISTEN), queues, timer, retransmits, uid, time-out, inode
    const line = new RegExp(`^ *\\d+: ([0-9A-F]+):([0-9A-F]{4}) \\S+ 0A(?: +\\S+){5} +${ino} `, 'm').exec(tableOf(table));
    if (line !== null) return { host: hostOf(line[1] ?? ''), port: Number.parseInt(line[2] ?? '', 16) };
  }
  const path = new RegExp(`^(?:\\S+ +){6}${ino} (/.*)$`, 'm').exec(tableOf('unix'))?.[1];
  return path === undefined ? null : { path };
}

/** Words of 32 bits, each in this machine's order of bytes. */
function hostOf(digits: string): string {
  const bytes = (digits.match(/.{8}/g) ?? []).flatMap((word) => {
    const pairs = word.match(/../g) ?? [];
    return endianness() === 'LE' ? pairs.reverse() : pairs;
  });
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join('.');
  const groups = (bytes.join('').match(/.{4}/g) ?? []).join(':');
  // In the form that URL, and so a person, writes.
  return new URL(`http://[${groups}]`).hostname.slice(1, -1);
}

function tableOf(name: string): string {
  try {
    return readProc(`self/net/${name}`);
  } catch {
    return '';
  }
}
