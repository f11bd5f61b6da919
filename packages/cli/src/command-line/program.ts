import type { Places } from '@daemonium/core/registry';
import { Command, Option } from 'commander';
import { FORMATS } from '../boot/format.ts';
import { errorStream, sayAsIs, shown } from '../terminal/output.ts';
import { deleteDaemons } from '../verbs/delete.ts';
import { describe } from '../verbs/describe.ts';
import { doctor } from '../verbs/doctor.ts';
import { env } from '../verbs/env.ts';
import { importEcosystem } from '../verbs/import.ts';
import { install, uninstall } from '../verbs/install.ts';
import { list } from '../verbs/list.ts';
import { logrotate } from '../verbs/logrotate.ts';
import { logs } from '../verbs/logs.ts';
import { pid } from '../verbs/pid.ts';
import { reload } from '../verbs/reload.ts';
import { restart } from '../verbs/restart.ts';
import { start } from '../verbs/start.ts';
import { status } from '../verbs/status.ts';
import { stepDown } from '../verbs/step-down.ts';
import { stop } from '../verbs/stop.ts';
import { unit } from '../verbs/unit.ts';
import { upgrade } from '../verbs/upgrade.ts';
import { version } from '../version.ts';
import { splitWords } from '../words/split-words.ts';
import { count, milliseconds, several, variable } from './options.ts';

/** Takes the exit code of a verb; `null`: this process has become the daemon. */
export type Act = (code: number | null | Promise<number | null>) => Promise<void>;

/** The parts that a verb is made of. */
interface Making {
  readonly places: Places;
  /** The words after `--`. */
  readonly args: readonly string[] | undefined;
  readonly act: Act;
}

const JSON_OPTION = ['--json', 'as JSON, alone on stdout'] as const;

/** The verbs. Their code is in one file with this: a file of its own would take longer to find than to read. */
const VERBS: Readonly<Record<string, (command: Command, making: Making) => Command>> = {
  start: (command, { places, args, act }) =>
    command
      .description('start a script, a declared daemon, or all')
      .usage('<script|name|all> [options] [-- arguments of the script]')
      .argument('[script]', 'a script, a name, or all; without it, all of the config file')
      .option('--name <name>', "default: the script's, without its ending")
      .option('--cwd <directory>', 'default: this one')
      .option('--env <NAME=VALUE>', 'a variable, kept for later starts; may be repeated', variable)
      .option('--env-file <file>', 'a file of variables, read at each start')
      .option('--user <user>', 'run as this user; for root')
      .addOption(new Option('--ready <when>', READY).choices(['started', 'listening', 'message']))
      .option('--respawn', 'start it again when it crashes')
      .option('--no-respawn', 'leave it down when it crashes')
      .option('--listen <where>', "a port, 'host:port' or a path, opened before root is given up; may be repeated", several)
      .option('--node-args <words>', 'options of Node.js itself, as one word: "--max-old-space-size=200"', splitWords)
      .option('--config <file>', 'default: daemonium.config.{ts,mts,js,mjs,cjs,json} in this directory')
      .option('--replace', 'give the name of another script to this one')
      .option('--foreground', 'stay, and become the daemon: for containers and supervisors')
      .action((word: string | undefined, { replace, foreground, nodeArgs, ...rest }) => {
        const typed = { ...rest, ...(nodeArgs === undefined ? {} : { execArgv: nodeArgs }), ...(args === undefined ? {} : { args }) };
        return act(start(places, word, typed, { replace, foreground }));
      }),
  stop: (command, { places, act }) =>
    command
      .description('end daemons: SIGTERM, and SIGKILL when their time is over')
      .argument('<name...>', 'names, or all')
      .option('--timeout <ms>', 'how long they may take', milliseconds)
      .action((names: string[], options) => act(stop(places, names, options))),
  restart: (command, { places, act }) =>
    command
      .description('stop and start, with the present environment and config')
      .argument('<name...>', 'names, or all')
      .option('--timeout <ms>', 'how long they may take to end', milliseconds)
      .action((names: string[], options) => act(restart(places, names, options))),
  upgrade: (command, { places, act }) =>
    command
      .description('start the program as it is now: it takes over the sockets, and the old process ends when the new one is ready')
      .argument('<name...>', 'names, or all that run')
      .option('--timeout <ms>', 'how long the new one may take to get ready', milliseconds)
      .action((names: string[], options) => act(upgrade(places, names, options))),
  'step-down': (command, { places, act }) =>
    command
      .description('give the lease to another host, and stand by here')
      .argument('<name...>', 'names, or all that lead')
      .option('--timeout <ms>', 'how long they may take to end', milliseconds)
      .action((names: string[], options) => act(stepDown(places, names, options))),
  reload: (command, { places, act }) =>
    command
      .description('send SIGHUP: logs are opened again, and the program may read its configuration again')
      .argument('<name...>', 'names, or all that run')
      .action((names: string[]) => act(reload(places, names))),
  list: (command, { places, act }) =>
    command
      .description('list all daemons')
      .alias('ls')
      .option(...JSON_OPTION)
      .option('--all-users', 'those of all users; for root')
      .action((options) => act(shown(list(places, options)))),
  status: (command, { places, act }) =>
    command
      .description('say whether they run. Exit code: 0 running, 1 dead with its pid file left, 3 not running, 4 unknown')
      .argument('<name...>', 'names, or all')
      .option(...JSON_OPTION)
      .action((names: string[], options) => act(status(places, names, options))),
  logs: (command, { places, act }) =>
    command
      .description('show the last lines of the logs')
      .argument('[name...]', 'names; default: all')
      .option('-f, --follow', 'show new lines as they come')
      .option('-n, --lines <count>', 'number of earlier lines', count, 50)
      .action((names: string[], options) => act(shown(logs(places, names, options)))),
  describe: (command, { places, act }) =>
    command
      .description('show all that is known of one daemon')
      .argument('<name>')
      .option(...JSON_OPTION)
      .action((name: string, options) => act(shown(describe(places, name, options)))),
  env: (command, { places, act }) =>
    command
      .description('show the environment that it really has, and mark the variables that were declared otherwise')
      .argument('<name>')
      .option(...JSON_OPTION)
      .action((name: string, options) => act(shown(env(places, name, options)))),
  pid: (command, { places, act }) =>
    command
      .description('print its pid alone')
      .argument('<name>')
      .action((name: string) => act(shown(pid(places, name)))),
  delete: (command, { places, act }) =>
    command
      .description('stop them, and forget their declarations')
      .argument('<name...>', 'names, or all')
      .option('--logs', 'remove the logs, too')
      .action((names: string[], options) => act(deleteDaemons(places, names, options))),
  unit: (command, { places, act }) =>
    command
      .description('print the unit or script with which a host starts it at boot')
      .argument('<name>')
      .addOption(new Option('--for <host>', "default: this host's").choices(FORMATS))
      .action((name: string, options) => act(shown(unit(places, name, options)))),
  install: (command, { places, act }) =>
    installing(command, 'have the host start it at boot: systemd, launchd or OpenRC').action((name: string, options) =>
      act(install(places, name, options)),
    ),
  uninstall: (command, { places, act }) =>
    installing(command, 'undo install').action((name: string, options) => act(uninstall(places, name, options))),
  import: (command, { places, act }) =>
    command
      .description("print pm2's ecosystem file as a config file; report each setting that has no equivalent")
      .argument('<file>')
      .option('--start', 'start them instead')
      .option('--environment <name>', "with the variables of its env_NAME, as pm2's --env")
      .action((file: string, options) => act(importEcosystem(places, file, options))),
  logrotate: (command, { places, act }) =>
    command.description('print a block for logrotate(8)').action(() => act(shown(logrotate(places)))),
  doctor: (command, { places, act }) =>
    command
      .description('check this machine for what daemons need')
      .option(...JSON_OPTION)
      .action((options) => act(shown(doctor(places, options)))),
};

function installing(command: Command, description: string): Command {
  return command
    .description(description)
    .argument('<name>')
    .option('--user', "by this user's own systemd or launchd; the default for all but root")
    .option('--system', "by the system's; the default for root")
    .option('--dry-run', 'show what would be done');
}

const READY =
  'it is ready when its main module has been evaluated (started), its first server listens (listening), or it calls process.send("ready") (message)';

/** @param word the first one: of a verb that is known the others are not made, which takes a third of a `list`. */
export function makeProgram(word: string | undefined, making: Making): Command {
  const program = new Command('daemonium')
    .description('Runs any Node.js program as a daemon, and shows and controls all of them. Nothing but the daemons stays in memory.')
    .version(version(), '--version')
    .configureOutput({ writeOut: sayAsIs, writeErr: (text) => void errorStream().write(text) })
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .allowExcessArguments(false);
  const known = word === 'ls' ? 'list' : word;
  const wanted = known !== undefined && Object.hasOwn(VERBS, known) ? [known] : Object.keys(VERBS);
  for (const name of wanted) {
    const command = program.command(name).helpOption('-h, --help', 'show this help').allowExcessArguments(false);
    VERBS[name]?.(command, making);
  }
  for (const command of [program, ...program.commands]) command.exitOverride().showHelpAfterError('(more: --help)');
  return program;
}
