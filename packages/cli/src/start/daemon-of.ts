import type { Declaration } from '@daemonium/core/registry';
import type { Daemon, DaemonOptions } from '@daemonium/daemon';
import { environmentChanges } from '../daemons/environment.ts';
import { flagsDirectory } from '../daemons/flags-directory.ts';

/** The daemon of a declaration. Only verbs that start or signal daemons load the package, not those that look. */
export async function daemonOf(declaration: Declaration, detach: boolean | 'auto'): Promise<Daemon> {
  const { Daemon } = await import('@daemonium/daemon');
  const { name, script, args, execArgv, workingDirectory, umask, pidFile, ready } = declaration;
  const options: DaemonOptions = {
    name,
    target: { script, argv: args, execArgv },
    ready,
    workingDirectory,
    umask,
    pidFile,
    env: environmentChanges(declaration),
    detach,
    // In the foreground the output goes to the terminal, not to the log.
    ...(detach === false ? {} : streams(declaration)),
    ...given('user', declaration.user),
    ...given('group', declaration.group),
    ...given('startTimeout', declaration.startTimeout),
    ...given('stopTimeout', declaration.stopTimeout),
    ...given('lease', declaration.lease as DaemonOptions['lease'] | null),
    ...given('respawn', declaration.respawn as DaemonOptions['respawn'] | null),
    ...given('listen', listenOf(declaration)),
  };
  goTo(flagsDirectory(declaration));
  return new Daemon(options);
}

/** The launcher finds what Node's flags name from where it stands, as Node does. Every other path of a declaration is absolute. */
function goTo(directory: string | null): void {
  if (directory === null) return;
  try {
    process.chdir(directory);
  } catch {
    // Gone, or not to be entered: absolute values do without, and of the others Node says that they are not there.
  }
}

/** A stop removes the files of these sockets. */
function listenOf({ listen }: Declaration): DaemonOptions['listen'] | null {
  return listen as DaemonOptions['listen'] | null;
}

function streams({ stdout, stderr }: Declaration): DaemonOptions {
  return { stdout, stderr };
}

function given<K extends string, V>(key: K, value: V | null): { readonly [key in K]?: V } {
  return value === null ? {} : ({ [key]: value } as { readonly [key in K]: V });
}

/** A `Daemon` object that only works on the pid file. It also serves the daemons of programs that call `control()`. */
export async function holderOf(declaration: Declaration): Promise<Daemon> {
  const { name, pidFile, stopTimeout } = declaration;
  const { Daemon } = await import('@daemonium/daemon');
  return new Daemon({ name, pidFile, ...given('stopTimeout', stopTimeout), ...given('listen', listenOf(declaration)) });
}
