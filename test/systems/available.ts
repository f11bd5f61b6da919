import { spawnSync } from 'node:child_process';

const { tree: find } = (await import(new URL('./install.mjs', import.meta.url).href)) as {
  tree(): { readonly root: string; readonly missing: string | null };
};

/** What machines are booted over. */
export const tree = find().root;

/** Where the kernel has its cgroups of version 2; empty if nowhere. */
export const cgroups =
  (spawnSync('findmnt', ['-n', '-o', 'TARGET', '-t', 'cgroup2'], { encoding: 'utf8' }).stdout ?? '').split('\n')[0] ?? '';

const NAMESPACES = ['--pid', '--mount', '--uts', '--ipc', '--net', '--cgroup', '--fork'];

/** Why no machine can be booted, or `false`. */
export function whyNoMachine(): string | false {
  const { missing } = find();
  if (missing !== null) return missing;
  const { status, error, stderr } = spawnSync('unshare', [...NAMESPACES, 'true'], { encoding: 'utf8' });
  return status === 0 ? false : `no namespaces: ${error?.message ?? stderr.trim()}`;
}

/** Why none can be booted with systemd as pid 1, or `false`. */
export function whyNoSystemd(): string | false {
  const why = whyNoMachine();
  return why === false && cgroups === '' ? 'the kernel has no cgroups of version 2 mounted' : why;
}
