import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Finished, LaunchOptions } from '../../helpers/launch.ts';
import { type Observed, observe } from '../../helpers/observe.ts';
import type { Sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code: string;
  readonly stage?: number | null;
  readonly cause?: string;
}

export interface Inside {
  readonly stdin: string;
  readonly regained: readonly string[];
  readonly HOME?: string;
  readonly USER?: string;
  readonly LOGNAME?: string;
  readonly root: readonly string[];
  readonly above: readonly string[];
  readonly child: string;
}

/** A daemon from outside, once it has heard that it is let go, which is a moment after its launcher has ended: it closes the line between them. */
function letGo(pid: number): Promise<Observed> {
  const look = () => {
    const seen = observe(pid);
    return seen.fds.some(({ fd, target }) => fd > 2 && target.startsWith('socket:')) ? null : seen;
  };
  return until(look, { what: 'the end of the control socket' });
}

/** Starts a daemon with these options, and looks at it from outside. */
export async function started(
  box: Sandbox,
  options: object = {},
  launch: LaunchOptions = {},
  program = 'stage-options',
): Promise<Observed> {
  const finished = await box.launch(program, { ...launch, args: [JSON.stringify(options)] });
  expect(finished, finished.stderr + finished.stdout).toMatchObject({ code: 0, stderr: '' });
  return letGo((JSON.parse(finished.stdout) as { pid: number }).pid);
}

/** The error of a start that must not succeed. */
export async function refused(box: Sandbox, options: object, launch: LaunchOptions = {}): Promise<Failure> {
  const finished: Finished = await box.launch('stage-options', { ...launch, args: [JSON.stringify(options)] });
  expect(finished, finished.stderr).toMatchObject({ code: 1, stderr: '' });
  return JSON.parse(finished.stdout) as Failure;
}

/** Starts a daemon that writes down what it sees. `report` is the path for the daemon, `file` the same for us. */
export async function inside(
  box: Sandbox,
  options: object,
  { report = box.path('report'), file = report, ...launch }: LaunchOptions & { report?: string; file?: string } = {},
): Promise<{ seen: Observed; said: Inside }> {
  const { pid } = await started(box, { ...options, args: [report] }, launch, 'stage-inside');
  const said = await until(() => JSON.parse(readFileSync(file, 'utf8')) as Inside, { what: "the daemon's report" });
  return { seen: observe(pid), said };
}

/** What a process holds beside Node's own event loop: `[number, target]`. */
export function filesOf({ fds }: Observed): [number, string][] {
  return fds.filter(({ target }) => !/^anon_inode:|^pipe:/.test(target)).map(({ fd, target }) => [fd, target]);
}
