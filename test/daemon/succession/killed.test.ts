import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';
import { expect, test } from 'vitest';
import { ask, freePort } from '../../helpers/http.ts';
import { isRunning, observe, statOf } from '../../helpers/observe.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { onlyThese, startService, upgraded, writeVersion } from './subject.ts';

/** Code of a successor that says its pid, and then comes no further. */
const halt = (box: Sandbox, wait: string) =>
  `const { existsSync, writeFileSync, renameSync } = process.getBuiltinModule('node:fs'); const mark = ${JSON.stringify(box.path('mark'))}; writeFileSync(mark + '.new', String(process.pid)); renameSync(mark + '.new', mark); ${wait}`;
const HANG = 'await new Promise((resolve) => setTimeout(resolve, 1e6));';
/** The first turn of run() belongs to the start as long as it lasts: until there is a file that says so. */
const BLOCK = (box: Sandbox) =>
  `while (!existsSync(${JSON.stringify(box.path('go'))})) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5); setImmediate(() => writeFileSync(${JSON.stringify(box.path('over'))}, ''));`;

/** How far a successor comes, from its script to the last moment before the pid file names it. */
const MOMENTS: Readonly<Record<string, (box: Sandbox, source: string) => string>> = {
  'its script': (box, source) => source.replace('class Web', `if (isDaemonProcess) { ${halt(box, HANG)} }\nclass Web`),
  'stage 9': (box, source) => source.replace('async run() {', `async stage9() { await super.stage9(); ${halt(box, HANG)} } async run() {`),
  'run()': (box, source) => source.replace('async run() {', `async run() { ${halt(box, BLOCK(box))}`),
};

/** A daemon that waits for the first turn of its successor's run() as long as that takes, and not a second, however busy the machine is. */
const PATIENT = `const { setTimeout: real } = globalThis;
globalThis.setTimeout = (listener, milliseconds) => real(listener, milliseconds === 1_000 ? 600_000 : milliseconds);
`;

function writeHalting(box: Sandbox, moment: string): void {
  for (const name of ['mark', 'go', 'over']) rmSync(box.path(name), { force: true });
  writeVersion(box, 'subclass', 'v2');
  const source = readFileSync(box.path('main.mjs'), 'utf8');
  const changed = MOMENTS[moment]?.(box, source) ?? source;
  expect(changed).not.toBe(source);
  writeFileSync(box.path('main.mjs'), changed);
}

/** The successor, and the shell that started it. */
async function arrived(box: Sandbox): Promise<{ readonly successor: number; readonly shell: number }> {
  await until(() => existsSync(box.path('mark')), { what: 'a successor that has come so far' });
  const successor = Number(readFileSync(box.path('mark'), 'utf8'));
  expect(successor).toBeGreaterThan(1);
  const shell = statOf(successor).ppid;
  expect(observe(shell).cmdline[0]).toBe('/bin/sh');
  return { successor, shell };
}

test.each([true, false])('respawn %s: its successor is killed, or the shell of that: the old daemon serves on', async (respawn) => {
  const box = sandbox();
  const port = await freePort();
  writeVersion(box, 'subclass', 'v1');
  writeFileSync(box.path('main.mjs'), `${PATIENT}${readFileSync(box.path('main.mjs'), 'utf8')}`);
  expect(await startService(box, 'subclass', port, { respawn })).toMatchObject({ code: 0, stderr: '' });
  const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
  const { pid: running, supervisor } = daemon.status();
  const pid = running as number;
  const own = [pid, ...(supervisor === null ? [] : [supervisor])];
  expect([own.length, Math.min(...own) > 1]).toEqual([respawn ? 2 : 1, true]);
  const files = () =>
    readdirSync(box.directory)
      .filter((name) => name.startsWith('daemon.'))
      .map((name) => [name, name.endsWith('.request') ? '' : readFileSync(box.path(name), 'utf8')]);
  const descriptors = () => observe(pid).fds.length;
  const before = { files: files(), descriptors: descriptors() };

  const killing = async (moment: string, name: string, kill: (there: Awaited<ReturnType<typeof arrived>>) => unknown) => {
    const what = `${name}, ${moment}`;
    writeHalting(box, moment);
    const asker = box.spawn('succession-ask');
    const there = await arrived(box);
    expect(own, what).not.toContain(there.shell);
    await kill(there);
    const { stdout, code } = await asker.finished;
    expect({ what, code, said: JSON.parse(stdout) }).toMatchObject({ what, code: 1, said: { name: expect.any(String) } });
    await onlyThese(box, ...own);
    expect({ what, body: (await ask({ port })).body }).toEqual({ what, body: `v1 ${pid}` });
    expect({ what, files: files(), locked: await box.isLocked() }).toEqual({ what, files: before.files, locked: true });
    expect(daemon.status(), what).toMatchObject({ pid, supervisor, state: 'running' });
    await until(() => descriptors() <= before.descriptors, { what: `no more descriptors than before: ${what}` });
    return JSON.parse(stdout);
  };
  for (const moment of Object.keys(MOMENTS)) {
    for (const victim of ['successor', 'shell'] as const) {
      const said = await killing(moment, victim, (there) => process.kill(there[victim], 'SIGKILL'));
      expect(said.name).toBe('StartError');
    }
  }
  // At the last moment: its first turn is over, and the old daemon, which does not run, hears of that and of the death at once.
  await killing('run()', 'what the pid file would name', async ({ successor, shell }) => {
    process.kill(pid, 'SIGSTOP');
    await until(() => statOf(pid).state === 'T', { what: 'the stop of the old daemon' });
    writeFileSync(box.path('go'), '');
    await until(() => existsSync(box.path('over')), { what: 'the end of the first turn' });
    process.kill(respawn ? shell : successor, 'SIGKILL');
    await until(() => !isRunning(respawn ? shell : successor), { what: 'its death' });
    process.kill(pid, 'SIGCONT');
  });

  writeVersion(box, 'subclass', 'v3');
  const next = await upgraded(box);
  expect(next.previous).toBe(pid);
  const now = daemon.status();
  expect(now).toMatchObject({ pid: next.pid, supervisor: respawn ? expect.any(Number) : null });
  await onlyThese(box, next.pid, ...(now.supervisor === null ? [] : [now.supervisor]));
  expect((await ask({ port })).body).toBe(`v3 ${next.pid}`);
  await daemon.stop();
  await onlyThese(box);
  expect(files()).toEqual([]);
});
