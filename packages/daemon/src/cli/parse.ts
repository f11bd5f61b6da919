import { basename } from 'node:path';
import { expectedName, OptionError } from '@daemonium/core/start';

const VERBS = {
  start: 'start the daemon',
  stop: 'end the daemon: SIGTERM, and SIGKILL when its time is over',
  restart: 'stop the daemon, if it runs, and start it',
  upgrade: 'start a successor, which takes over the sockets; the old daemon ends when the successor is ready',
  reload: 'send SIGHUP: the daemon reads its configuration again',
  'step-down': 'give the lease to the next: the daemon ends with exit code 75, and its supervisor starts it again',
  status: 'say whether the daemon runs',
  logs: 'show the last lines of its logs',
  foreground: 'run the daemon in this terminal',
} as const;

export type Verb = keyof typeof VERBS;

export interface Command {
  readonly verb: Verb;
  /** Time-out of the stop, or of the successor's start, in ms. */
  readonly timeout: number | undefined;
  readonly json: boolean;
  /** `foreground` does not show the output that goes to a file. */
  readonly quiet: boolean;
  /** `logs` shows new lines as they come. */
  readonly follow: boolean;
  /** How many lines `logs` shows of the end of each file. */
  readonly lines: number;
}

/** Explains the error of a command line. */
export class UsageError extends Error {}

const TIMEOUT_VERBS: readonly Verb[] = ['stop', 'restart', 'step-down', 'upgrade'];
/** The verb of an option that only one has. */
const VERB_OF = { json: 'status', quiet: 'foreground', follow: 'logs', lines: 'logs' } as const;
const LINES = 50;

/**
 * @returns `null` when help is asked for
 * @throws {UsageError}
 */
export function parseCommand(argv: readonly string[]): Command | null {
  if (!Array.isArray(argv) || argv.some((argument) => typeof argument !== 'string'))
    throw new OptionError('argv', 'an array of strings', argv);
  const { values, positionals } = split(ownPart(argv));
  if (values.help === true) return null;
  const [verb, ...more] = positionals;
  if (verb === undefined) throw new UsageError('a verb is missing');
  if (!isVerb(verb)) throw new UsageError(`unknown verb '${verb}'; expected ${expectedName(verb, Object.keys(VERBS))}`);
  if (more.length > 0) throw new UsageError(`unexpected argument '${more[0]}'; arguments of the program come after --`);
  for (const [option, only] of Object.entries(VERB_OF)) {
    if (Object.hasOwn(values, option) && verb !== only) throw new UsageError(`--${option} is for ${only}, and not for ${verb}`);
  }
  if (values.timeout !== undefined && !TIMEOUT_VERBS.includes(verb)) {
    throw new UsageError(`--timeout is for ${TIMEOUT_VERBS.join(', ')}, and not for ${verb}`);
  }
  return {
    verb,
    timeout: parseNumber('timeout', 'milliseconds', values.timeout),
    json: values.json === true,
    quiet: values.quiet === true,
    follow: values.follow === true,
    lines: parseNumber('lines', 'a number of lines', values.lines) ?? LINES,
  };
}

/** The words after `--` belong to the program. */
function ownPart(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

function split(argv: readonly string[]) {
  const { parseArgs } = process.getBuiltinModule('node:util');
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        timeout: { type: 'string' },
        json: { type: 'boolean' },
        quiet: { type: 'boolean' },
        follow: { type: 'boolean', short: 'f' },
        lines: { type: 'string', short: 'n' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (cause) {
    // The second sentence of Node's message is cut: it explains how to pass a word that looks like an option, which is of no use here.
    const [fault = ''] = (cause as Error).message.split(/\.? To specify|\n/);
    throw new UsageError(fault.charAt(0).toLowerCase() + fault.slice(1), { cause });
  }
}

function isVerb(word: string): word is Verb {
  return Object.hasOwn(VERBS, word);
}

function parseNumber(option: string, what: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,10}$/.test(text)) throw new UsageError(`--${option} takes ${what}, and not '${text}'`);
  return Number(text);
}

/** The help text, which also follows on a {@link UsageError}. */
export function usage(): string {
  const verbs = Object.entries(VERBS).map(([verb, meaning]) => `  ${verb.padEnd(12)} ${meaning}`);
  return [
    `Usage: ${basename(process.argv[1] ?? 'daemon')} VERB [OPTION]`,
    '',
    ...verbs,
    '',
    '  --timeout MS   stop, restart, step-down: how long the daemon may take to end; upgrade: how long its successor may take to get ready',
    '  --json         status: print the fields of status() as JSON',
    '  --quiet        foreground: do not show the output that goes to a file',
    `  -n, --lines N  logs: the last N lines of each; default: ${LINES}`,
    '  -f, --follow   logs: show new lines as they come',
    '  -h, --help     show this help',
    '  -- ...         arguments of the program itself',
    '',
  ].join('\n');
}
