import { CommandError } from '../../errors/command-error.ts';
import { shellLine, shellVariables, shellWord } from '../../words/shell-words.ts';
import { madeFor, type Service } from '../service.ts';

/**
 * A line for crontab(5), where an unescaped % ends the command.
 * @throws {CommandError} a word of several lines
 */
export function cronLine(service: Service): string {
  const { declaration, variables } = service;
  const directory = declaration.by === 'control' ? `cd ${shellWord(declaration.workingDirectory)} && ` : '';
  const command = `${directory}${shellVariables(variables)}${shellLine(service.verb('start'))} >/dev/null`;
  if (/[\n\r]/.test(command)) throw new CommandError(`cron takes one line, and no newline in a word of it: ${JSON.stringify(command)}`);
  return `# ${madeFor(service).replace(/;.*/, '.')} Put it in with: crontab -e\n@reboot  ${command.replaceAll('%', '\\%')}\n`;
}
