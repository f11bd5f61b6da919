import type { Import, Source } from './sources.ts';

/** The floors of each package, top first: a file or folder of `src`. A file imports from its own floor and those below; every index.ts is above them; `*` is what is named nowhere else. */
const FLOORS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  cli: [
    ['main.ts'],
    ['command-line/'],
    ['verbs/'],
    ['start/', 'pm2/', 'doctor/', 'boot/'],
    ['config/'],
    ['daemons/'],
    ['terminal/', 'version.ts'],
    ['errors/', 'words/'],
  ],
  core: [
    ['registry/'],
    ['arrival.ts', 'internals.ts', 'pid-file/', 'state-file/'],
    ['lock/'],
    ['handover/', 'open-files.ts'],
    ['options/', 'signals/', 'posix/'],
    ['errors/'],
  ],
  logging: [['file-logger.ts', 'capture-output.ts', 'logger-fds.ts'], ['*']],
  lease: [['postgres/', 'etcd/'], ['lease.ts'], ['tenure.ts', 'acquire.ts'], ['*']],
  daemon: [
    ['module-main.ts', 'program-main.ts', 'testing/', 'cli/'],
    ['module-start.ts', 'program-start.ts'],
    ['daemon.ts', 'daemon-options.ts'],
    ['start-call/'],
    ['succession/'],
    ['launcher/', 'daemonized/', 'foreground/', 'remote/'],
    ['service/', 'stages/', 'sockets/', 'drain.ts'],
    ['options/', 'definition/', 'lease/'],
    ['protocol/', 'internal/', 'program/'],
    ['errors.ts', 'daemon-events.ts', 'startup.ts'],
  ],
};

/** Packages (without ours) and what each of ours may import, on top of Node's. */
const PACKAGES: Readonly<Record<string, readonly RegExp[]>> = {
  cli: [
    /^@daemonium\/core(\/\w+)?$/,
    /^@daemonium\/daemon$/,
    /^commander$/,
    /^kubernetes-types\/apps\/v1\.js$/,
    /^picocolors$/,
    /^pidusage$/,
    /^pretty-ms$/,
  ],
  core: [/^koffi$/],
  logging: [/^@daemonium\/core(\/\w+)?$/, /^pino$/],
  lease: [/^@daemonium\/core(\/\w+)?$/, /^pg$/],
  daemon: [
    /^@daemonium\/core(\/\w+)?$/,
    /^@daemonium\/logging\/logger-fds$/,
    /^daemonize-process$/,
    /^eventemitter3$/,
    /^import-meta-resolve$/,
  ],
};

/** What runs in the launcher, on arrival in the daemon, in the foreground, and in any later process: none imports another, not even types. */
const STRANGERS = ['launcher', 'daemonized', 'foreground', 'remote'].map((folder) => `daemon/src/${folder}/`);

function split(path: string): [name: string, inside: string] {
  const [name = '', , ...inside] = path.split('/');
  return [name, inside.join('/')];
}

/** Smaller is higher; `undefined` for a file that has no floor yet. */
function floorOf(path: string): number | undefined {
  const [name, inside] = split(path);
  // An entry of the package names things from any floor, so nothing inside imports it.
  if (/(^|\/)index\.ts$/.test(inside) || inside === 'for-bundlers.ts') return -1;
  const floors = FLOORS[name] ?? [];
  const floor = floors.findIndex((members) =>
    members.some((member) => (member.endsWith('/') ? inside.startsWith(member) : inside === member)),
  );
  if (floor !== -1) return floor;
  return floors.at(-1)?.includes('*') ? floors.length : undefined;
}

/** One sentence for every import that the rule forbids. */
export function violations(files: readonly Source[]): string[] {
  return files.flatMap((file) =>
    file.imports.flatMap((one) => complaint(file, one).map((why) => `${file.path} imports ${one.specifier}: ${why}`)),
  );
}

function complaint(file: Source, { specifier, target, typeOnly }: Import): string[] {
  const [name] = split(file.path);
  if (!specifier.startsWith('.')) {
    const isKnown = /^node:/.test(specifier) || (PACKAGES[name] ?? []).some((pattern) => pattern.test(specifier));
    return isKnown ? [] : [`${name} may not import this package`];
  }
  if (split(target)[0] !== name) return ['out of its package'];
  const home = STRANGERS.find((folder) => file.path.startsWith(folder));
  if (home !== undefined && STRANGERS.some((folder) => folder !== home && target.startsWith(folder)))
    return ['these never import each other'];
  // A type is gone when the program runs: those below may name the class that is handed down to them.
  const [here, there] = [floorOf(file.path), floorOf(target)];
  if (here === undefined || there === undefined)
    return [`${here === undefined ? file.path : target} has no floor yet: give it one in FLOORS`];
  return !typeOnly && there < here ? ['it is on a higher floor'] : [];
}
