import type { DaemonOptions, LeaseData } from '@daemonium/daemon';

/** One daemon of a config file, with the names of `DaemonOptions`. Relative paths are the config file's. */
export interface DaemonConfig
  extends Pick<DaemonOptions, 'ready' | 'listen' | 'startTimeout' | 'stopTimeout' | 'respawn' | 'umask' | 'user' | 'group'> {
  /** One daemon in a whole cluster. The variable that `urlFrom` names has the URL of its engine. */
  readonly lease?: LeaseData;
  /** Path of the program. */
  readonly script: string;
  /** @default [] */
  readonly args?: readonly string[];
  /** Flags of Node.js itself. @default [] */
  readonly execArgv?: readonly string[];
  /** Variables that it gets whatever the environment of the start has. */
  readonly env?: Readonly<Record<string, string>>;
  /** A file of such variables, read at each start; `env` goes over it. */
  readonly envFile?: string;
  /** @default the directory of the config file */
  readonly workingDirectory?: string;
  /** @default the log of its name */
  readonly stdout?: string | null;
  /** @default as `stdout` */
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
