import { basename } from 'node:path';
import { OptionError } from '@daemonium/core/start';

const VERBS = {
  start: 'start the daemon',
  stop: 'end it: SIGTERM, and SIGKILL when its time is over',
  restart: 'stop it, if it runs, and start it',
  upgrade: 'start a successor, which takes its sockets over; the old one ends when that is ready',
  reload: 'have it read its configuration again: SIGHUP',
  'step-down': 'have it give its lease to the next: it ends with exit code 75, and its supervisor starts it again',
  status: 'tell whether it runs',
  logs: 'show the end of its logs',
  foreground: 'run it here, in this terminal',
} as const;

export type Verb = keyof typeof VERBS;

export interface Command {
  readonly verb: Verb;
  /** Time-out of the stop, or of the successor's start, in ms. */
  readonly timeout: number | undefined;
  readonly json: boolean;
  /** In the foreground: output that goes to a file is not shown as well. */
  readonly quiet: boolean;
  /** `logs` goes on with new lines. */
  readonly follow: boolean;
  /** `logs` shows so many lines of each file's end. */
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
  if (!isVerb(verb)) throw new UsageError(`unknown verb '${verb}'`);
  if (more.length > 0) throw new UsageError(`unexpected argument '${more[0]}' after the verb`);
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
    '  --timeout MS  stop, restart, step-down: how long the daemon may take to end; upgrade: its successor to get ready',
    '  --json        status: as a JSON object, with the fields of status()',
    '  --quiet       foreground: what goes to a file is not shown here',
    `  -n, --lines N logs: so many from the end of each; ${LINES} without it`,
    '  -f, --follow  logs: go on with what comes',
    '  --help        this text',
    '  -- ...        what follows is for the program itself',
    '',
  ].join('\n');
}
