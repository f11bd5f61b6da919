import { ownPlaces, type Places } from '@daemonium/core/registry';
import { CommanderError } from 'commander';
import { exitCodeOf, messageOf } from '../errors/command-error.ts';
import { DONE, USAGE } from '../errors/exit-codes.ts';
import { complain } from '../terminal/output.ts';
import { cureOfWords } from './cure-of-words.ts';
import { makeProgram } from './program.ts';

/** Runs the command line, and sets the exit code: for several names the worst. */
export async function run(argv: readonly string[]): Promise<void> {
  try {
    const places = ownPlaces();
    tellWhose(places);
    const [words, args] = splitArguments(withHelp(argv));
    const act = async (code: number | null | Promise<number | null>) => {
      const settled = await code;
      // Otherwise this process is the daemon now, and ends as that.
      if (settled !== null) process.exitCode = settled;
    };
    const program = makeProgram(words[0], { places, args, act });
    if (words.length === 0) program.help({ error: true });
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? codeOfCommander(error, argv) : failed(error);
  }
}

/** commander has said already what is wrong. */
function codeOfCommander(error: CommanderError, argv: readonly string[]): number {
  if (error.exitCode === 0) return DONE;
  const cure = cureOfWords(error, argv);
  if (cure !== null) complain(cure);
  return USAGE;
}

function failed(error: unknown): number {
  complain(messageOf(error));
  return exitCodeOf(error);
}

/** `daemonium help start` is `daemonium start --help`. */
function withHelp(argv: readonly string[]): readonly string[] {
  return argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
}

/** The words after `--` are the script's. */
function splitArguments(argv: readonly string[]): readonly [words: readonly string[], args: readonly string[] | undefined] {
  const end = argv.indexOf('--');
  return argv[0] !== 'start' || end === -1 ? [argv, undefined] : [argv.slice(0, end), argv.slice(end + 1)];
}

/** After sudo, the user must know whose daemons these are. */
function tellWhose({ foreignHome, declarations, uid }: Places): void {
  if (foreignHome === null) return;
  complain(`these are the daemons of uid ${uid}, in ${declarations}, and not those of ${foreignHome}`);
}
