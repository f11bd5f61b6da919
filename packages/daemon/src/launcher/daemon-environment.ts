import { makeEnvironmentAbsolute } from './absolute.ts';
import { keptFlags } from './node-flags.ts';
import { changeNodeOptions } from './node-options.ts';

/** A channel to the launcher's own parent, and its place in a test run: not the daemon's. */
const LAUNCHERS_OWN = ['NODE_TEST_CONTEXT', 'NODE_CHANNEL_FD', 'NODE_UNIQUE_ID'] as const;

/** systemd sets these variables for the service that it started, not for that service's children. */
const SERVICE = /^(NOTIFY_SOCKET$|WATCHDOG_|LISTEN_)/;

/**
 * The daemon's environment: the launcher's, without the variables that only concern the launcher, and with the changes of the `env` option.
 * Relative paths in variables of Node.js are made absolute, as the daemon works at `/`.
 */
export function daemonEnvironment(changes: Readonly<Record<string, string | null>>, isModule: boolean): Record<string, string> {
  const env = { ...process.env } as Record<string, string>;
  for (const name of LAUNCHERS_OWN) delete env[name];
  const options = env['NODE_OPTIONS'];
  if (options !== undefined) env['NODE_OPTIONS'] = changeNodeOptions(options, (words) => keptFlags(words));
  // A launcher that lives on is the service that systemd started; the daemon of a module target is another.
  if (isModule) for (const name of Object.keys(env)) if (SERVICE.test(name)) delete env[name];
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete env[name];
    else env[name] = value;
  }
  makeEnvironmentAbsolute(env, process.cwd());
  return env;
}
