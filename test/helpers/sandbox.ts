import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject, onTestFinished } from 'vitest';
import { type Finished, type Launched, type LaunchOptions, launch } from './launch.ts';
import { isLocked } from './lock-probe.ts';
import { reap, TOKEN_VARIABLE } from './reap.ts';
import { until } from './wait.ts';

export interface Sandbox extends AsyncDisposable {
  /** A new directory, real path, mode 0755 so that a dropped user gets in. */
  readonly directory: string;
  readonly token: string;
  /** For processes that the test starts by itself: `env: { ...process.env, ...box.tokenEnv }`. */
  readonly tokenEnv: Readonly<Record<string, string>>;
  /** A path in the directory. */
  path(...names: string[]): string;
  /** Runs a fixture (`'start-ready.js'`, `'start-ready'`), or a script by its absolute path, to its end. */
  launch(program: string, options?: LaunchOptions): Promise<Finished>;
  /** The same without waiting for the end. */
  spawn(program: string, options?: LaunchOptions): Launched;
  /** The pid in a pid file of the directory, once there is one; never 1 or less. @default 'daemon.pid' */
  readPid(file?: string): Promise<number>;
  /** See {@link isLocked}. */
  isLocked(file?: string): Promise<boolean>;
  /** SIGKILLs every process of this sandbox, now. */
  reap(): Promise<number>;
}

/** The path of a built fixture: `fixtures/NAME.ts`, wherever it stands below `test`, is run as `test/fixtures/dist/NAME.js`. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/dist/${name.replace(/\.[jt]s$/, '')}.js`, import.meta.url));
}

/**
 * A directory and a token of one's own. Afterwards whatever carries the token is killed, whatever happened, and the directory is removed.
 * @param cleanup registers the clean-up: `afterAll` for a whole file, `t.onTestFinished` in a concurrent test
 */
export function sandbox(cleanup: (dispose: () => Promise<void>) => void = onTestFinished): Sandbox {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'daemonium-test-')));
  chmodSync(directory, 0o755);
  const token = `${inject('run')}.${randomUUID()}`;
  const spawn = (program: string, options?: LaunchOptions): Launched => {
    const isPlainName = options?.executable === undefined && program !== '' && !program.startsWith('/');
    return launch(isPlainName ? fixture(program) : program, token, { cwd: directory, ...options });
  };
  const dispose = async (): Promise<void> => {
    await reap(token);
    // The processes of a PostgreSQL server overwrite their environment. They end soon after it, and may write until then.
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  };
  cleanup(dispose);
  return {
    directory,
    token,
    tokenEnv: { [TOKEN_VARIABLE]: token },
    path: (...names) => join(directory, ...names),
    launch: (program, options) => spawn(program, options).finished,
    spawn,
    readPid: (file = 'daemon.pid') => until(() => parsePid(readFileSync(join(directory, file), 'utf8')), { what: `a pid in ${file}` }),
    isLocked: (file = 'daemon.pid') => isLocked(join(directory, file)),
    reap: () => reap(token),
    [Symbol.asyncDispose]: dispose,
  };
}

function parsePid(text: string): number | undefined {
  const pid = /^[1-9]\d*\n?$/.test(text) ? Number(text) : 0;
  return pid > 1 ? pid : undefined;
}
