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
  // 10.X.Y of a process, and four addresses for each of its hosts: the first and the last of them stand for the network and for all in it.
  const network = `10.${(process.pid % 254) + 1}.${Math.floor(process.pid / 254) % 256}`;
  const [ours, theirs] = [`${network}.${4 * number + 1}`, `${network}.${4 * number + 2}`];
  const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  cleanup(() => {
    spawnSync('ip', ['link', 'del', link]);
    spawnSync('ip', ['netns', 'del', name]);
  });
  ip('netns', 'add', name);
  ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  ip('addr', 'add', `${ours}/30`, 'dev', link);
  ip('link', 'set', link, 'up');
  ip('-n', name, 'addr', 'add', `${theirs}/30`, 'dev', 'eth0');
  ip('-n', name, 'link', 'set', 'eth0', 'up');
  ip('-n', name, 'link', 'set', 'lo', 'up');
  return { name, link, address: ours };
}
