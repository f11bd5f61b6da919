import { Daemon } from '../daemon.ts';
import { stateOf } from '../definition/state-of.ts';
import { checkDaemon } from '../options/call-options.ts';
import type { ControlOptions } from './control-options.ts';

/**
 * Makes a script its daemon's command line: `await control(daemon)` gives it the verbs start, stop, restart, reload, status, logs and
 * foreground, with `--timeout MS`, `--json`, `--follow`, `--lines N` and `--help`. The words after `--` belong to the program. Errors are
 * printed on stderr; they do not reject this promise.
 *
 * A daemon without the option `pidFile` gets one that every verb finds, by its name and this user: root `/run/NAME.pid`, others
 * `~/.local/state/daemonium/NAME.pid`, or `/tmp/daemonium-UID/NAME.pid` if the home directory is on a network file system or not the user's
 * own. With `pidFile: null` it has none; then only `start`, `logs`, `foreground` and `--help` are of use.
 *
 * `process.exitCode` follows the LSB: 0 done, or nothing to do (start of a running daemon, stop of a stopped one); 1 failed; 2 wrong usage;
 * 4 not permitted; 7 reload of a stopped daemon. For status: 0 running; 1 dead, with its pid file left; 3 not running; 4 unknown, or the
 * lock's holder cannot be proved.
 *
 * In the daemon itself, and in the foreground, the promise does not settle, like that of {@link Daemon.start}.
 * @param argvOrOptions the words without Node and script, default `process.argv.slice(2)`; or options, which take those
 * @throws {OptionError} `ERR_OPTION_TYPE`: `daemon` is no Daemon, the words are no array of strings, an option is invalid; `ERR_OPTION_UNKNOWN`
 * @see https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/iniscrptact.html
 */
export async function control<Args extends unknown[]>(
  daemon: Daemon<Args>,
  argvOrOptions: readonly string[] | ControlOptions = {},
): Promise<void> {
  checkDaemon(daemon, daemon instanceof Daemon);
  const { runCommand } = await import('./run.ts');
  process.exitCode = await runCommand(daemon as unknown as Daemon, stateOf(daemon), argvOrOptions);
}
