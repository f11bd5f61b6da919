import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Finished, Launched, LaunchOptions } from '../helpers/launch.ts';
import { isRunning } from '../helpers/observe.ts';
import type { Sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';

/** What the options of the fixture may say beside those of a daemon. */
export type SubjectOptions = Readonly<Record<string, unknown>>;

/** Starts the fixture's daemon with a behaviour, detached, and gives its pid once it has come to `run()`. */
export async function startSubject(box: Sandbox, behaviour: string, options: SubjectOptions = {}): Promise<number> {
  const launcher = await box.launch('life-daemon', { args: [behaviour, box.directory, JSON.stringify(options)] });
  expect([launcher.stderr, launcher.code]).toEqual(['', 0]);
  const pid = Number(launcher.stdout);
  expect(pid).toBeGreaterThan(1);
  return pid;
}

/** The same in the foreground, where the exit code can be seen, once it has told `sign`. */
export async function inForeground(
  box: Sandbox,
  behaviour: string,
  { sign = 'run', launch = {}, ...options }: SubjectOptions & { readonly sign?: string; readonly launch?: LaunchOptions } = {},
): Promise<Launched> {
  const subject = box.spawn('life-daemon', { args: [behaviour, box.directory, JSON.stringify({ detach: false, ...options })], ...launch });
  await until(() => eventsOf(box).includes(sign), { what: `'${sign}' of ${behaviour}; ${subject.stderr}` });
  return subject;
}

/** What the daemon has told so far. */
export function eventsOf(box: Sandbox): string[] {
  return existsSync(box.path('events')) ? readFileSync(box.path('events'), 'utf8').trimEnd().split('\n') : [];
}

export function textOf(box: Sandbox, file: string): string {
  return existsSync(box.path(file)) ? readFileSync(box.path(file), 'utf8') : '';
}

export async function waitForEvent(box: Sandbox, what: string): Promise<void> {
  await until(() => eventsOf(box).includes(what), { what: `'${what}'` });
}

/** The process is gone, its pid file and lock with it. */
export async function endOf(box: Sandbox, pid: number): Promise<void> {
  await until(() => !isRunning(pid), { what: `the end of ${pid}` });
  expect([existsSync(box.path('daemon.pid')), await box.isLocked()]).toEqual([false, false]);
}

export async function endOfForeground(box: Sandbox, subject: Launched): Promise<Finished> {
  const finished = await subject.finished;
  await endOf(box, subject.pid);
  return finished;
}

export interface Answer {
  readonly value?: unknown;
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly pid?: number;
  readonly milliseconds: number;
}

/** Asks from another process. */
export async function ask(
  box: Sandbox,
  method: string,
  argument?: unknown,
  options: LaunchOptions & { file?: string } = {},
): Promise<Answer> {
  const { file = box.path('daemon.pid'), ...launch } = options;
  const args = [file, method, ...(argument === undefined ? [] : [JSON.stringify(argument)])];
  const { stdout, stderr } = await box.launch('life-ask', { args, ...launch });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Answer;
}
