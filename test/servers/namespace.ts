import { execFileSync, spawnSync } from 'node:child_process';

/** Root, in a container that lets it. */
export const mayMakeNamespaces =
  process.getuid?.() === 0 && spawnSync('unshare', ['--net', 'true']).status === 0 && spawnSync('ip', ['netns', 'list']).status === 0;

export interface Host {
  /** Of the network namespace, for `ip netns exec`. */
  readonly name: string;
  /** Our end of the cable. */
  readonly link: string;
  /** Ours on that cable. */
  readonly address: string;
}

let count = 0;

/** A network of its own, with a cable to ours. */
export function newHost(cleanup: (remove: () => void) => void): Host {
  const number = ++count;
  // Link names have at most 15 characters.
  const name = `dl${process.pid}-${number}`;
  const link = `v${process.pid}-${number}`;
  // 10.X.Y.0/24 of a process and a host of its own; 0 and 255 are left out.
  const network = `10.${(process.pid % 254) + 1}.${(Math.floor(process.pid / 254) % 200) + number}`;
  const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  cleanup(() => {
    spawnSync('ip', ['link', 'del', link]);
    spawnSync('ip', ['netns', 'del', name]);
  });
  ip('netns', 'add', name);
  ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  ip('addr', 'add', `${network}.1/24`, 'dev', link);
  ip('link', 'set', link, 'up');
  ip('-n', name, 'addr', 'add', `${network}.2/24`, 'dev', 'eth0');
  ip('-n', name, 'link', 'set', 'eth0', 'up');
  ip('-n', name, 'link', 'set', 'lo', 'up');
  return { name, link, address: `${network}.1` };
}
