/** Flags that belong to the launcher's debugger, watcher or test run, and would clash or start it a second time. */
const DROPPED = /^--(inspect|debug|watch|test)(-|$)/;

/** Flags whose values are relative to the working directory: a module to import, a module to require(), a file or directory. */
export const NAMES_MODULE = /^--(import|loader|experimental-loader)$/;
export const NAMES_REQUIRED = /^(-r|--require)$/;
export const NAMES_PATH =
  /^--(env-file(-if-exists)?|(cpu-prof|heap-prof|diagnostic|report|icu-data)-dir|report-directory|redirect-warnings|openssl-config|tls-keylog|trace-event-file-pattern|snapshot-blob|build-snapshot-config|experimental-(config-file|policy)|localstorage-file|allow-fs-(read|write))$/;

/** Other flags whose value may be the next word: those that do not cross, and those with code. */
const OTHERS =
  /^(-e|-p|-pe|-C|--eval|--print|--input-type|--conditions|--(inspect|debug)-port|--inspect-publish-uid|--watch-(path|kill-signal)|--test-(?!only$|force-exit$|update-snapshots$).+)$/;
const VALUED = [NAMES_MODULE, NAMES_REQUIRED, NAMES_PATH, OTHERS] as const;

/** One flag of a command line, or a word that is none: then `name` is that word. */
export interface Flag {
  /** Name in the form that Node.js compares: with dashes for underscores, without a value. */
  readonly name: string;
  readonly value: string | null;
  /** The flag as it was given: one word, or two. */
  readonly words: readonly string[];
}

/** The words of `execArgv` or NODE_OPTIONS by flag. A word that follows none of {@link VALUED} may be a value, too, or the program itself, as ts-node has it. */
export function flagsOf(words: readonly string[]): Flag[] {
  const flags: Flag[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    const [, given = word, joined = null] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    const name = given.startsWith('--') ? given.replaceAll('_', '-') : given;
    const next = words[index + 1];
    const separate = joined === null && next !== undefined && !next.startsWith('-') && VALUED.some((names) => names.test(name));
    if (separate) index++;
    flags.push({ name, value: separate ? next : joined, words: separate ? [word, next] : [word] });
  }
  return flags;
}

/** `execArgv` or the words of NODE_OPTIONS without the flags that stay behind, and their values. */
export function keptFlags(words: readonly string[], alsoDropped?: RegExp): string[] {
  return flagsOf(words)
    .filter(({ name }) => !DROPPED.test(name) && alsoDropped?.test(name) !== true)
    .flatMap((flag) => flag.words);
}
