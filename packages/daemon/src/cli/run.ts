import { EXIT } from '@daemonium/core/start';
import type { Daemon } from '../daemon.ts';
import { isDaemonProcess } from '../daemonized/arrival.ts';
import { type DaemonState, loadCoreIfPidFile } from '../definition/daemon-state.ts';
import { print } from '../internal/print.ts';
import type { CommandContext } from './command-context.ts';
import { type ControlOptions, checkControlOptions } from './control-options.ts';
import { giveDefaultLock, STARTING } from './default-lock.ts';
import { failed } from './failure.ts';
import { logPaths, showLogs } from './logs.ts';
import { complain } from './output.ts';
import { type Command, parseCommand, UsageError, usage, type Verb } from './parse.ts';
import { reload, stepDown, stop, upgrade } from './running-verbs.ts';
import { foreground, restart, start } from './start-verbs.ts';
import { status } from './status.ts';

/** @returns the exit code; it does not settle where this process is, or becomes, the daemon */
export async function runCommand(daemon: Daemon, state: DaemonState, given: readonly string[] | ControlOptions): Promise<number> {
  const hasOptions = typeof given === 'object' && !Array.isArray(given);
  const { register = false } = hasOptions ? checkControlOptions(given as ControlOptions) : {};
  let command: Command | null;
  try {
    command = parseCommand(hasOptions ? process.argv.slice(2) : (given as readonly string[]));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    print(process.stderr, `${error.message}\n\n${usage()}`);
    return EXIT.usage;
  }
  if (command === null) {
    print(process.stdout, usage());
    return EXIT.done;
  }
  await loadCoreIfPidFile(state.facts.given);
  const name = state.facts.name || state.facts.defaultName;
  try {
    await giveDefaultLock(daemon, state, name, command.verb);
    const context = { ...command, daemon, state, name };
    return await (register && !isDaemonProcess ? actRegistered(context) : ACTIONS[command.verb](context));
  } catch (error) {
    return failed(command.verb, state, name, error);
  }
}

const ACTIONS: Readonly<Record<Verb, (subject: CommandContext) => number | Promise<number>>> = {
  start,
  stop,
  restart,
  upgrade,
  reload,
  'step-down': stepDown,
  status,
  logs,
  foreground,
};

/** The daemon runs this script, too, and its launcher has written it down already. */
async function actRegistered(context: CommandContext): Promise<number> {
  const { verb, daemon, state, name } = context;
  const { startRegistered, noteRegisteredStop } = await import('./registered.ts');
  if (STARTING.includes(verb)) return startRegistered(daemon, state, name, async () => ACTIONS[verb](context));
  const code = await ACTIONS[verb](context);
  if (verb === 'stop') await noteRegisteredStop(state, name);
  return code;
}

async function logs({ state, name, follow, lines }: CommandContext): Promise<number> {
  const paths = await logPaths(state.facts.given);
  if (paths.length > 0) return showLogs(paths, { follow, lines });
  complain(`${name} has no log that is known: neither stdout nor stderr is a path, and logger is not a fileLogger`);
  return EXIT.failed;
}
