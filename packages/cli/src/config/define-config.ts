import type { DaemonOptions, LeaseData } from '@daemonium/daemon';

/** One daemon of a config file, with the names of `DaemonOptions`. Relative paths are the config file's. */
export interface DaemonConfig
  extends Pick<DaemonOptions, 'ready' | 'listen' | 'startTimeout' | 'stopTimeout' | 'respawn' | 'umask' | 'user' | 'group'> {
  /**
   * One daemon in a whole cluster. The variable that `urlFrom` names has the URL of its engine.
   * @default none
   */
  readonly lease?: LeaseData;
  /** Path of the program. */
  readonly script: string;
  /**
   * Arguments of the program.
   * @default []
   */
  readonly args?: readonly string[];
  /**
   * Flags of Node.js itself.
   * @default []
   */
  readonly execArgv?: readonly string[];
  /**
   * Variables that the daemon gets, whatever the environment of the start has.
   * @default {}
   */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * A file of such variables, read at each start; `env` goes over it.
   * @default none
   */
  readonly envFile?: string;
  /**
   * Working directory of the daemon.
   * @default the directory of the config file
   */
  readonly workingDirectory?: string;
  /**
   * File that standard output is appended to; `null` for /dev/null.
   * @default the log of its name
   */
  readonly stdout?: string | null;
  /**
   * File that standard error is appended to; `null` for /dev/null.
   * @default as `stdout`
   */
  readonly stderr?: string | null;
}

/** The export of `daemonium.config.ts`. */
export interface Config {
  /** The daemons by their names. */
  readonly daemons: Readonly<Record<string, DaemonConfig>>;
}

/** Returns its argument, with its type: `export default defineConfig({ daemons: { web: { script: 'server.js' } } })`. */
export function defineConfig(config: Config): Config {
  return config;
}
