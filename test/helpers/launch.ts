import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { descriptorsOf, isRunning, statOf } from './observe.ts';
import { carriersOf, TOKEN_VARIABLE } from './reap.ts';

export interface LaunchOptions {
  readonly args?: readonly string[];
  /** Of Node itself, before the script: `['--import', 'tsx']`. */
  readonly execArgv?: readonly string[];
  /** Run this instead of Node; `program` is then its first argument, or left out when empty. */
  readonly executable?: string;
  /** Merged over {@link cleanEnvironment}; `undefined` deletes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Root only. */
  readonly uid?: number;
  readonly gid?: number;
  /** Content; or 'pipe', to be written by the test; or a descriptor. @default /dev/null */
  readonly stdin?: 'pipe' | number | { readonly content: string };
  /** Collected unless a descriptor is given. */
  readonly stdout?: number;
  readonly stderr?: number;
  /** Number in the process -> the descriptor of this process which it gets, or 'pipe' (`child.stdio[number]`). */
  readonly descriptors?: Readonly<Record<number, number | 'pipe'>>;
  /** A new session (setsid). */
  readonly detached?: boolean;
  /** SIGKILL and an error when the end has not come so long after the test began to wait for it, in ms. @default 20_000 */
  readonly deadline?: number;
}

export interface Finished {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the spawn to the end, in ms. */
  readonly milliseconds: number;
}

export interface Launched {
  readonly pid: number;
  readonly child: ChildProcess;
  /** So far. */
  readonly stdout: string;
  readonly stderr: string;
  /** The process has ended, and no process, no daemon either, holds its output any more. The deadline counts from the first use. */
  readonly finished: Promise<Finished>;
}

/**
 * Variables by which a process would believe that another program started it: npm, a test runner, systemd. And pnpm's NODE_PATH, with which
 * `npx vitest` finds packages that are not installed.
 */
const FOREIGN =
  /^(npm_|NODE_PATH$|VITEST|TINYPOOL|JEST_|WATCHDOG_|LISTEN_|NOTIFY_SOCKET$|SYSTEMD_|INVOCATION_ID$|NODE_ENV$|TEST$|PROD$|DEV$|MODE$|SSR$|BASE_URL$)/;

/** This process's environment without {@link FOREIGN}, so that a test means the same under npm, Vitest and an editor. */
export function cleanEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined && !FOREIGN.test(entry[0])),
  );
}

/** Starts `program` (a script for Node) with the token in its environment. Use the sandbox's `launch` and `spawn`, which cleans up. */
export function launch(program: string, token: string, options: LaunchOptions = {}): Launched {
  const started = performance.now();
  const [command, ...args] = commandLine(program, options);
  const child = spawn(command ?? '', args, {
    cwd: options.cwd,
    env: { ...cleanEnvironment(), ...options.env, [TOKEN_VARIABLE]: token },
    stdio: stdio(options),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
    detached: options.detached ?? false,
  });
  const collected = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      collected[name] += text;
    });
  }
  // A program that ends without reading its input is no fault of the test.
  child.stdin?.on('error', () => {});
  if (typeof options.stdin === 'object') child.stdin?.end(options.stdin.content);
  const ended = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ pid: child.pid ?? 0, code, signal, ...collected, milliseconds: performance.now() - started });
    });
  });
  const inTime = () =>
    new Promise<Finished>((resolve, reject) => {
      const deadline = options.deadline ?? 20_000;
      const timer = setTimeout(() => {
        reject(new Error(overdue(child, token, deadline, collected)));
        child.kill('SIGKILL');
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, deadline);
      ended.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  // A test that does not wait for the end does not want its error either.
  ended.catch(() => {});
  let waited: Promise<Finished> | undefined;
  return {
    pid: child.pid ?? 0,
    child,
    get finished() {
      if (waited === undefined) {
        waited = inTime();
        waited.catch(() => {});
      }
      return waited;
    },
    get stdout() {
      return collected.stdout;
    },
    get stderr() {
      return collected.stderr;
    },
  };
}

function commandLine(program: string, { executable, execArgv = [], args = [] }: LaunchOptions): string[] {
  if (executable !== undefined) return [executable, ...(program === '' ? [] : [program]), ...args];
  return [process.execPath, ...execArgv, ...(program === '' ? [] : [program]), ...args];
}

function stdio({ stdin, stdout, stderr, descriptors = {} }: LaunchOptions): StdioOptions {
  const first = stdin === undefined ? 'ignore' : typeof stdin === 'object' ? 'pipe' : stdin;
  const list: ('ignore' | 'pipe' | number)[] = [first, stdout ?? 'pipe', stderr ?? 'pipe'];
  const numbers = Object.keys(descriptors).map(Number);
  // 'ignore' above 2 opens nothing: the gaps stay gaps.
  for (let fd = 3; fd <= Math.max(2, ...numbers); fd++) list[fd] = descriptors[fd] ?? 'ignore';
  return list;
}

function overdue(child: ChildProcess, token: string, deadline: number, { stdout, stderr }: { stdout: string; stderr: string }): string {
  const ended = child.exitCode !== null || child.signalCode !== null;
  const carriers = carriersOf(token).filter((pid) => pid !== child.pid && isRunning(pid));
  const open = carriers.map((pid) => `${pid} (${describe(pid)})`).join(', ');
  const state = ended
    ? `ended (${child.exitCode ?? child.signalCode}) but its output is still held open`
    : `(${describe(child.pid ?? 0)}) did not end`;
  return `Process ${child.pid} ${state} within ${deadline} ms; others of this test: ${open || 'none'}\nstdout: ${stdout}\nstderr: ${stderr}`;
}

/** Also whether it was at work all the time, waits, or was not let on by a busy machine. */
function describe(pid: number): string {
  try {
    const { state, processorTime } = statOf(pid);
    const streams = descriptorsOf(pid).filter(({ fd }) => fd < 3);
    return [`${state} after ${processorTime} ms of the processor`, ...streams.map(({ fd, target }) => `${fd} -> ${target}`)].join(' ');
  } catch {
    return 'gone';
  }
}
