import type { Import, Source } from './sources.ts';

/** The floors of each package, top first: a file or folder of `src`. A file imports from its own floor and those below; every index.ts is above them. */
const FLOORS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  core: [['arrival.ts', 'pid-file/'], ['lock/'], ['handover/', 'open-files.ts'], ['posix/'], ['errors/']],
  logging: [['file-logger.ts', 'capture-output.ts', 'logger-fds.ts']],
  daemon: [
    ['command-line.ts', 'module-main.ts'],
    ['module-target.ts'],
    ['daemon.ts'],
    ['begin.ts', 'daemon-context.ts'],
    ['launcher/', 'daemonized/', 'control/'],
    ['stages/', 'options/', 'lifetime/'],
    ['wire/', 'host/', 'context.ts'],
    ['errors.ts', 'start-promise.ts'],
  ],
};

/** Packages (without ours) and what each of ours may import, on top of Node's. */
const PACKAGES: Readonly<Record<string, readonly RegExp[]>> = {
  core: [/^koffi$/],
  logging: [/^@daemonium\/core(\/\w+)?$/, /^pino$/],
  daemon: [/^@daemonium\/core(\/\w+)?$/, /^@daemonium\/logging\/logger-fds$/, /^daemonize-process$/, /^eventemitter3$/],
};

/** Folders that have nothing to say to each other, not even types. */
const STRANGERS = [['daemon/src/launcher/', 'daemon/src/daemonized/']] as const;

function split(path: string): [name: string, inside: string] {
  const [name = '', , ...inside] = path.split('/');
  return [name, inside.join('/')];
}

/** Smaller is higher; what is not listed is private to its package, below all that is. */
function floorOf(path: string): number {
  const [name, inside] = split(path);
  // An entry of the package names things from any floor, so nothing inside imports it.
  if (/(^|\/)index\.ts$/.test(inside)) return -1;
  const floors = FLOORS[name] ?? [];
  const floor = floors.findIndex((members) =>
    members.some((member) => (member.endsWith('/') ? inside.startsWith(member) : inside === member)),
  );
  return floor === -1 ? floors.length : floor;
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
  for (const pair of STRANGERS) {
    const from = pair.findIndex((folder) => file.path.startsWith(folder));
    if (from !== -1 && target.startsWith(pair[1 - from] ?? '')) return ['these two never import each other'];
  }
  // A type is gone when the program runs: those below may name the class that is handed down to them.
  return !typeOnly && floorOf(target) < floorOf(file.path) ? ['it is on a higher floor'] : [];
}
