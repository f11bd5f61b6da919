import { accessSync, constants } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { splitWords } from '../words/split-words.ts';

/** Files of pm2 that pm2 starts as a word of its own. */
const ECOSYSTEM = /^(ecosystem|pm2)\.config\.[cm]?js$|^(ecosystem|pm2|process)(\.config)?\.json$/;
const CONFIG = /^daemonium\.config\.[cm]?[jt]s(on)?$/;

/** The command to type instead, for a file that is not a program but says what programs there are; `null` for every other. */
export function insteadOfFile(path: string): string | null {
  const file = basename(path);
  if (CONFIG.test(file)) return `daemonium start --config ${path}`;
  return ECOSYSTEM.test(file) ? `daemonium import ${path} --start` : null;
}

/** A hint for a command line, such as `node app.js` or `npm run dev`, where a script is expected; `null`: the word is none. */
export function insteadOfCommand(word: string): string | null {
  const words = splitWords(word);
  const [command = ''] = words;
  if (/^node(js)?$/.test(basename(command)) && words.length > 1) return `leave out '${command}': ${withoutNode(words.slice(1))}`;
  if (!isCommand(command)) return null;
  return `'${command}' is a command, and programs are run by Node: give the script that it would run, such as server.js`;
}

/** `--flag app.js x` as words of `start`. */
function withoutNode(words: readonly string[]): string {
  const at = words.findIndex((word) => !word.startsWith('-'));
  const [flags, script, args] = at === -1 ? [words, 'SCRIPT', []] : [words.slice(0, at), words[at], words.slice(at + 1)];
  const ofNode = flags.length === 0 ? '' : ` --node-args "${flags.join(' ')}"`;
  return `daemonium start ${script}${ofNode}${args.length === 0 ? '' : ` -- ${args.join(' ')}`}`;
}

function isCommand(word: string): boolean {
  if (!/^[\w.-]+$/.test(word)) return false;
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, word), constants.X_OK);
      return directory.startsWith('/');
    } catch {
      return false;
    }
  });
}
