import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { observe } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { failureOf, toldBy } from '../launcher/told.ts';

const json = (path: string) => until(() => JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>, { what: path });

async function start(box: Sandbox, module: string) {
  const launcher = await box.launch('start-module', { args: [module, box.directory] });
  return { ...launcher, stdout: launcher.stdout.replace('launcher runs\n', '') };
}

/** Starts a module of these lines. */
async function startLines(box: Sandbox, text: string) {
  writeFileSync(box.path('target.mjs'), text);
  const failure = failureOf(await start(box, box.path('target.mjs')));
  expect(carriersOf(box.token)).toEqual([]);
  expect(await box.isLocked()).toBe(false);
  return failure;
}

test('a function: called with args and kwargs, the daemon as `this`; nothing of the launcher runs again', async () => {
  const box = sandbox();
  const { pid, output } = toldBy(await start(box, fixture('start-module-target')));
  expect(output).toBe('');
  const seen = await json(box.path('target.json'));
  expect(seen).toMatchObject({ pid, role: 'daemon', isDaemonProcess: true, more: [{ when: '1970-01-01T00:00:00.000Z', map: {} }] });
  expect(seen['argv']).toEqual([expect.stringMatching(/module-main\.js$/)]);
  expect(await box.readPid()).toBe(pid);
  expect(observe(pid ?? 0)).toMatchObject({ cwd: box.directory, tty: 0, comm: 'modular' });
});

test("a subclass of Daemon: made with the launcher's options, its stages and run() used", async () => {
  const box = sandbox();
  const { pid, output } = toldBy(await start(box, fixture('start-module-class')));
  expect(output).toBe('my stage 5\n');
  expect(await json(box.path('class.json'))).toMatchObject({
    pid,
    cwd: box.directory,
    given: {
      name: 'modular',
      args: [box.directory],
      workingDirectory: box.directory,
      pidFile: box.path('daemon.pid'),
      startTimeout: 10_000,
    },
  });
});

test('a module without a default export is refused', async () => {
  const failure = await startLines(sandbox(), 'export const run = () => {};');
  expect(failure.cause).toMatchObject({
    class: 'DaemonError',
    code: 'ERR_MODULE_TARGET',
    message: expect.stringMatching(/target\.mjs.*has none/),
  });
  expect(failure.message).toMatch(/This happened while the target module '.*target\.mjs' was loaded$/);
  expect(failure.message).not.toContain('ran again');
});

test('a class that is no Daemon is refused', async () => {
  const failure = await startLines(sandbox(), 'export default class Other {}');
  expect(failure.cause).toMatchObject({
    code: 'ERR_MODULE_TARGET',
    message: expect.stringMatching(/class Other, is not a subclass of the Daemon/),
  });
});

test('a syntax error is reported with its place', async () => {
  const failure = await startLines(sandbox(), 'export default function (\n');
  expect(failure).toMatchObject({ exitCode: 1, cause: { class: 'SyntaxError' } });
  expect(failure.error).toMatch(/target\.mjs:\d/);
});

test('an error during the import is reported', async () => {
  const failure = await startLines(
    sandbox(),
    "throw Object.assign(new Error('no database'), { code: 'E_DATABASE' });\nexport default () => {};",
  );
  expect(failure.cause).toMatchObject({ message: 'no database', code: 'E_DATABASE', stack: expect.stringContaining('target.mjs:1') });
});

test('an import of a missing module is reported', async () => {
  const failure = await startLines(sandbox(), "import './missing.mjs';\nexport default () => {};");
  expect(failure.cause).toMatchObject({ code: 'ERR_MODULE_NOT_FOUND', message: expect.stringContaining('missing.mjs') });
});

test('a module that starts itself while it is loaded is refused, before it starts itself for ever', async () => {
  const box = sandbox();
  // The module prints it and goes on; it is not the launcher's to say that this is fatal.
  expect(toldBy(await box.launch('start-module-itself')).output).toMatch(
    /"code":"ERR_INSIDE_DAEMON".*The target module starts itself|The target module starts itself.*"ERR_INSIDE_DAEMON"/,
  );
});

test('a module that starts itself, but not in the daemon, is ordinary', async () => {
  const box = sandbox();
  expect(toldBy(await box.launch('start-module-itself', { args: ['guarded'] }))).toMatchObject({ ok: true });
});
