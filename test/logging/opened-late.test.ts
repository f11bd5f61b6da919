import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { descriptorsOf, isRunning } from '../helpers/observe.ts';
import { type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { records } from './records.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

/** The program that docs/logging.md speaks of: a logger at module level, and the verbs. */
function app(
  box: Sandbox,
  verb: string,
  { directory = box.directory, uid = 0, ...options }: { directory?: string; uid?: number } & object = {},
) {
  const env = { LOG_CONTROL: JSON.stringify({ directory, ...options }) };
  return box.launch('log-control', { args: [verb], env, ...(uid === 0 ? {} : { uid, gid: uid }) });
}

test.for(['status', 'stop', 'reload', '--help', 'wrong'])('%s makes no log', async (verb) => {
  const box = sandbox();
  const { stderr } = await app(box, verb);
  expect(stderr).not.toContain('LogFileError');
  expect(existsSync(box.path('app.log'))).toBe(false);
});

test('status and stop of a running daemon do not open its log, which may be out of reach for them', async () => {
  const box = sandbox();
  expect(await app(box, 'start')).toMatchObject({ code: 0, stderr: '' });
  const pid = await box.readPid('app.pid');
  if (isRoot) {
    // The log is its owner's alone.
    const status = await app(box, 'status', { uid: NOBODY });
    expect(status.stderr).toBe('');
    expect(status.stdout).toMatch(/^app (is|seems) /);
  }
  chmodSync(box.path('app.log'), 0);
  expect(await app(box, 'status')).toMatchObject({ code: 0, stderr: '' });
  expect(await app(box, 'stop')).toMatchObject({ code: 0, stderr: '' });
  expect(isRunning(pid)).toBe(false);
});

test('a start opens the log before there is a daemon, and the daemon goes on in it', async () => {
  const box = sandbox();
  expect(await app(box, 'start')).toMatchObject({ code: 0 });
  // No line has to have been logged for that.
  expect(existsSync(box.path('app.log'))).toBe(true);
  const pid = await box.readPid('app.pid');
  // Before its first line it looks how the file ends, through another descriptor.
  await until(() => records(box.path('app.log')).length > 3, { what: 'lines' });
  expect(descriptorsOf(pid).filter(({ target }) => target === box.path('app.log'))).toHaveLength(1);
  expect(await app(box, 'stop')).toMatchObject({ code: 0 });
});

test.for(['start', 'foreground'])(
  'a log that cannot be opened is an error of %s, told by its name, and nothing is started',
  async (verb) => {
    const box = sandbox();
    mkdirSync(box.path('link'));
    symlinkSync(box.path('nowhere'), box.path('link', 'app.log'));
    for (const [directory, code] of [
      ['missing', 'ENOENT'],
      ['link', 'ELOOP'],
    ] as const) {
      const pidFile = box.path('app.pid');
      const { code: exitCode, stderr } = await app(box, verb, { directory: box.path(directory), pidFile } as object);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(new RegExp(`LogFileError: Cannot open log file '${box.path(directory, 'app.log')}': ${code}`));
      expect(existsSync(pidFile)).toBe(false);
    }
    expect(readdirSync(box.directory)).toEqual(['link']);
  },
);

test('a start whose other options are wrong makes no log', async () => {
  const box = sandbox();
  const { code, stderr } = await app(box, 'start', { umask: -1 } as object);
  expect(code).toBe(1);
  expect(stderr).toContain("Option 'umask'");
  expect(readdirSync(box.directory)).toEqual([]);
});

test.runIf(isRoot)('a line that cannot be logged because the log is out of reach is an error there, and not of the start', async () => {
  const box = sandbox();
  mkdirSync(box.path('private'), { mode: 0o700 });
  writeFileSync(box.path('private', 'app.log'), '');
  const { code, stdout } = await box.launch('log-open', {
    args: [JSON.stringify({ path: box.path('private', 'app.log') })],
    uid: NOBODY,
    gid: NOBODY,
  });
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'EACCES\n' });
});
