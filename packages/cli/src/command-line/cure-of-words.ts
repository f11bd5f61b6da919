import type { CommanderError } from 'commander';
import { insteadOfPm2 } from '../pm2/typed.ts';
import { insteadOfCommand } from '../start/typed-command.ts';

/** The verbs that pm2 has, with other options. */
const HAVE_OPTIONS = /^(start|restart|reload|logs)$/;

/** A hint at the words to type instead; `null`: none is known. */
export function cureOfWords({ code, message }: Pick<CommanderError, 'code' | 'message'>, argv: readonly string[]): string | null {
  if (message.includes('Did you mean')) return null;
  const [, word = ''] = /'([^']+)'/.exec(message) ?? [];
  const isOption = code === 'commander.unknownOption';
  const isOfPm2 = isOption ? HAVE_OPTIONS.test(argv[0] ?? '') : code === 'commander.unknownCommand';
  const known = isOfPm2 ? insteadOfPm2(word) : null;
  if (known !== null) return `For '${word}' of pm2: ${known}`;
  if (argv[0] !== 'start') return null;
  const words = argv.slice(1);
  const script = words.find((each) => !each.startsWith('-')) ?? 'SCRIPT';
  if (isOption) return `An option of the program itself comes after --: daemonium start ${script} -- ${word}`;
  if (code !== 'commander.excessArguments') return null;
  const instead = insteadOfCommand(words.join(' '));
  return (
    instead ?? `Arguments of the program come after --: daemonium start ${script} -- ${words.slice(words.indexOf(script) + 1).join(' ')}`
  );
}
