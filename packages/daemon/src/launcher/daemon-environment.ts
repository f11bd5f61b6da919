import { keptNodeOptions } from './node-flags.ts';

/** A channel to the launcher's own parent, and its place in a test run: not the daemon's. */
const LAUNCHERS_OWN = ['NODE_TEST_CONTEXT', 'NODE_CHANNEL_FD', 'NODE_UNIQUE_ID'] as const;

/** What systemd tells the service that it started. */
const SERVICE = /^(NOTIFY_SOCKET$|WATCHDOG_|LISTEN_)/;

/** The environment the daemon is to have: the launcher's, without what is the launcher's alone, and with the changes of the `env` option. */
export function daemonEnvironment(changes: Readonly<Record<string, string | null>>, isModule: boolean): Record<string, string> {
  const env = { ...process.env } as Record<string, string>;
  for (const name of LAUNCHERS_OWN) delete env[name];
  if (env['NODE_OPTIONS'] !== undefined) env['NODE_OPTIONS'] = keptNodeOptions(env['NODE_OPTIONS']);
  // A launcher that lives on is the service that systemd started; the daemon of a module target is another.
  if (isModule) for (const name of Object.keys(env)) if (SERVICE.test(name)) delete env[name];
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete env[name];
    else env[name] = value;
  }
  return env;
}
