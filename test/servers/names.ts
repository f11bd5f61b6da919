import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import type { Sandbox } from '../helpers/sandbox.ts';

/** Root, in a container that lets it: a mount namespace, and port 53 of a loopback address. */
export const mayChangeNames = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;

/** Name resolution of its own, for programs that are run with it. */
export interface Names {
  /** Stands for 127.0.0.1, while it is known. */
  readonly name: string;
  /** How often the name server has been asked. */
  readonly asked: number;
  /** Runs a program with /etc/hosts and /etc/resolv.conf of these names. */
  command(...words: readonly string[]): { readonly executable: string; readonly args: string[] };
  known(): void;
  /** The name server says that there is no such name. */
  unknown(): void;
  /** The name server says nothing: getaddrinfo(3) asks for many seconds. */
  silent(): void;
}

let count = 0;

export async function newNames(box: Sandbox, cleanup: (close: () => void) => void): Promise<Names> {
  const name = 'engine.test';
  const address = `127.${(process.pid % 254) + 1}.${Math.floor(process.pid / 254) % 254}.${++count}`;
  const server = createSocket('udp4');
  cleanup(() => void server.close());
  let asked = 0;
  let answers = true;
  server.on('message', (query, from) => {
    asked++;
    if (answers) server.send(noSuchName(query), from.port, from.address);
  });
  server.bind(53, address);
  await once(server, 'listening');

  const files = {
    hosts: '',
    'resolv.conf': `nameserver ${address}\n`,
    'nsswitch.conf': 'hosts: files dns\n',
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(box.path(file), text, { mode: 0o644 });
  // Written in place: another file would not be the one that is mounted.
  const known = (line: string) => writeFileSync(box.path('hosts'), line);
  known(`127.0.0.1 ${name}\n`);
  const mounts = Object.keys(files).filter((file) => existsSync(`/etc/${file}`));
  const script = [...mounts.map((file) => `mount --bind '${box.path(file)}' /etc/${file}`), 'exec "$@"'].join(' && ');
  return {
    name,
    get asked() {
      return asked;
    },
    command: (...words) => ({ executable: 'unshare', args: ['--mount', '/bin/sh', '-c', script, 'sh', ...words] }),
    known: () => known(`127.0.0.1 ${name}\n`),
    unknown: () => {
      answers = true;
      known('');
    },
    silent: () => {
      answers = false;
      known('');
    },
  };
}

/** The question again, as an answer with the code NXDOMAIN (RFC 1035, 4.1.1). */
function noSuchName(query: Buffer): Buffer {
  const answer = Buffer.from(query);
  answer[2] = (answer[2] ?? 0) | 0x80;
  answer[3] = 0x83;
  return answer;
}
