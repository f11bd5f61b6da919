import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Finished, LaunchOptions } from '../../helpers/launch.ts';
import { isRunning } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import type { Sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { type Failure, failureOf, type Told, toldBy } from '../launcher/told.ts';

export interface ProgramOptions {
  /** Of the daemon, beside its target; over what {@link inLauncher} has by default. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Of the target, beside its script. */
  readonly target?: Readonly<Record<string, unknown>>;
  /** Of the launcher. */
  readonly launch?: LaunchOptions;
}

/**
 * Code of a program: `alone(then)` calls `then` once its start is over, however busy the machine is. Until then an end or an error is the start's,
 * and output the launcher's. The launcher ends the shell between the two when it lets the program go, and reaps it in a later turn.
 */
export const ALONE = `
  const alone = (then, shell = process.ppid) => {
    const look = setInterval(() => {
      if (process.getBuiltinModule('node:fs').existsSync('/proc/' + shell)) return;
      clearInterval(look);
      // The launcher's word is there; this turn hears it.
      setImmediate(then);
    }, 5);
  };`;

/** Writes a program, and gives its path. */
export function written(box: Sandbox, file: string, lines: string): string {
  writeFileSync(box.path(file), lines);
  return box.path(file);
}

/** The environment that makes the fixture the launcher of `script`. Output goes to `daemon.log`. */
export function inLauncher(box: Sandbox, script: string, { options, target, launch }: ProgramOptions = {}): LaunchOptions {
  const daemon = {
    pidFile: box.path('daemon.pid'),
    stdout: box.path('daemon.log'),
    stderr: box.path('daemon.log'),
    detach: true,
    target: { script, ...target },
    ...options,
  };
  return { ...launch, env: { ...launch?.env, LAUNCH: JSON.stringify(daemon) } };
}

export function launchProgram(box: Sandbox, script: string, how?: ProgramOptions): Promise<Finished> {
  return box.launch('program-launcher', inLauncher(box, script, how));
}

/** Starts a program as a daemon; its pid is the one that holds the lock. */
export async function started(box: Sandbox, script: string, how?: ProgramOptions): Promise<Told & { readonly pid: number }> {
  const told = toldBy(await launchProgram(box, script, how));
  expect(told.failure).toBeUndefined();
  const pid = told.pid ?? 0;
  expect(pid).toBeGreaterThan(1);
  return { ...told, pid };
}

/** Starts a program that does not come up: the error, once it is seen that nothing is left of it. */
export async function failed(box: Sandbox, script: string, how?: ProgramOptions): Promise<Failure & Omit<Told, 'failure'>> {
  const failure = failureOf(await launchProgram(box, script, how));
  expect(carriersOf(box.token).filter(isRunning)).toEqual([]);
  expect([existsSync(box.path('daemon.pid')), await box.isLocked()]).toEqual([false, false]);
  return failure;
}

export function textOf(box: Sandbox, file = 'daemon.log'): string {
  return existsSync(box.path(file)) ? readFileSync(box.path(file), 'utf8') : '';
}

/** The log, once it holds `text`. */
export async function logged(box: Sandbox, text: string, file?: string): Promise<string> {
  await until(() => textOf(box, file).includes(text), { what: `'${text}' in the log` });
  return textOf(box, file);
}

/** Ends it by SIGTERM; what it holds is free afterwards. */
export async function ended(box: Sandbox, pid: number): Promise<string> {
  process.kill(pid, 'SIGTERM');
  await until(() => !isRunning(pid), { what: `the end of ${pid}` });
  expect([existsSync(box.path('daemon.pid')), await box.isLocked()]).toEqual([false, false]);
  return textOf(box);
}
