import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { notRoot } from '../../core/hold.ts';
import type { LaunchOptions } from '../../helpers/launch.ts';
import { descriptorsOf, isRunning, observe } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { failureOf, toldBy } from './told.ts';

const node = process.execPath;
const READY = fixture('start-ready');
const shell = (box: Sandbox, script: string) => box.launch('', { executable: '/bin/sh', args: ['-c', script] });

test('a shell that waits for the output of the start goes on when it has started', async () => {
  const box = sandbox();
  const { stdout, code } = await shell(box, `x=$(${node} ${READY} a.pid); echo "got \${#x}"; ${node} ${READY} b.pid | cat; echo after`);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^got [1-9]\d+\n\{"ok":true.*\}\nafter\n$/);
  expect([await box.isLocked('a.pid'), await box.isLocked('b.pid')]).toEqual([true, true]);
});

test('a launcher without standard streams starts a daemon with them', async () => {
  const box = sandbox();
  expect((await shell(box, `exec ${node} ${READY} <&- >&- 2>&-`)).code).toBe(0);
  const pid = await box.readPid();
  expect(observe(pid).fds.slice(0, 3)).toMatchObject([0, 1, 2].map((fd) => ({ fd, target: '/dev/null' })));
  expect(await box.isLocked()).toBe(true);
});

test('a launcher under nohup starts a daemon to which SIGHUP means what it always means', async () => {
  const box = sandbox();
  expect((await shell(box, `nohup ${node} ${READY}`)).code).toBe(0);
  const pid = await box.readPid();
  const { ignored, caught } = observe(pid);
  expect([ignored.includes('SIGHUP'), caught.includes('SIGHUP')]).toEqual([false, true]);
});

/** It is close-on-exec, so that takes doing; whoever holds it, what counts is what is said on it. */
test.each([
  ['goes-on', { ok: true }],
  ['throws', { ok: false, failure: { class: 'StartError', stage: 5, cause: { message: 'no more' } } }],
  ['exits', { ok: false, failure: { class: 'StartError', stage: 5, exitCode: 5 } }],
])('a process of a stage holds the control socket, too, and the daemon %s', async (how, expected) => {
  const box = sandbox();
  const told = toldBy(await box.launch('start-control-held', { args: [how] }));
  expect(told).toMatchObject(expected);
  expect(told.ok ? told.output : told.failure?.properties['output']).toMatch(/^1 socket, held by [1-9]/);
  expect(await box.isLocked()).toBe(told.ok);
});

test('no file that the launcher has open crosses, whatever its number', async () => {
  const box = sandbox();
  const redirections = [3, 5, 9].map((fd) => `exec ${fd}>${box.path(`file${fd}`)};`).join(' ');
  const extra = openSync(box.path('extra'), 'w');
  const { stdout, stderr } = await box.launch('', {
    executable: '/bin/sh',
    args: ['-c', `${redirections} exec ${node} ${READY}`],
    descriptors: { 20: extra, 50: extra, 200: extra },
  });
  expect(stderr).toBe('');
  const { pid } = JSON.parse(stdout);
  expect(descriptorsOf(pid).filter(({ target }) => /file\d|extra/.test(target))).toEqual([]);
  expect(descriptorsOf(pid).filter(({ target, fd }) => target.startsWith(box.directory) && fd > 15)).toEqual([]);
});

/** Stdin has to pass the shell at a number of one digit; with all of them inherited the shell runs the daemon as its foreground command. */
test.each([
  ['a few', [4]],
  ['all of one digit', [3, 4, 5, 6, 7, 8, 9]],
])('lock, input, swapped streams and %s inherited descriptors find their places', async (_, fds) => {
  const box = sandbox();
  const files = Object.fromEntries(fds.map((fd) => [fd, openSync(box.path(`file${fd}`), 'w')]));
  const finished = await box.launch('start-crowded', {
    args: [box.directory, ...fds.map(String)],
    descriptors: files,
    stdout: openSync(box.path('out'), 'w'),
    stderr: openSync(box.path('err'), 'w'),
  });
  expect(finished.code, readFileSync(box.path('err'), 'utf8')).toBe(0);
  const pid = await box.readPid();
  expect(await until(() => readFileSync(box.path('input'), 'utf8'), { what: 'input' })).toBe('what it reads');
  expect(readFileSync(box.path('err'), 'utf8')).toBe('to its stdout\n');
  expect(readFileSync(box.path('out'), 'utf8')).toMatch(/^\{"ok":true.*\}\nto its stderr\n$|^to its stderr\n\{"ok":true/);
  const open = descriptorsOf(pid);
  for (const fd of fds) expect(open.find((each) => each.fd === fd)?.target).toBe(box.path(`file${fd}`));
  expect(open.filter(({ target }) => target === box.path('daemon.pid'))).toHaveLength(1);
  expect(open.filter(({ target }) => target.startsWith(box.path('file')))).toHaveLength(fds.length);
  // The shell is gone, too.
  expect(carriersOf(box.token).filter(isRunning)).toEqual([pid]);
});

test('a script that is gone when the daemon wants to run it is an error', async () => {
  const box = sandbox();
  const script = box.path('gone.mjs');
  const text = readFileSync(READY, 'utf8').replace('./start-report.js', fixture('start-report'));
  symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), box.path('node_modules'));
  writeFileSync(script, `import { unlinkSync } from 'node:fs';\nunlinkSync(process.argv[1]);\n${text}`);
  const failure = failureOf(await box.launch(script));
  expect(failure).toMatchObject({ class: 'StartError', exitCode: 1, stage: null });
  expect(failure.error).toContain("Cannot find module '");
  expect(failure.message).toMatch(/exited with 1 before it was ready, before it had loaded @daemonium\/daemon/);
  expect(await box.isLocked()).toBe(false);
});

test('a Node.js that is gone is an error', async () => {
  const box = sandbox();
  const copy = box.path('node');
  copyFileSync(node, copy);
  chmodSync(copy, 0o755);
  // The shell has ended before the launcher gets to its next line, as on a machine with much to do.
  const text = `require('node:fs').unlinkSync(process.execPath);
    const processes = require('node:child_process');
    const { spawn } = processes;
    processes.spawn = (...args) => {
      const child = spawn(...args);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      return child;
    };`;
  writeFileSync(box.path('gone.cjs'), text);
  const { stdout } = await box.launch('', { executable: copy, args: ['--require', box.path('gone.cjs'), READY] });
  expect(JSON.parse(stdout).failure).toMatchObject({
    class: 'StartError',
    code: 'ERR_SPAWN',
    message: expect.stringMatching(/^Cannot start the daemon's process: .*node' cannot be executed/),
  });
  expect(await box.isLocked()).toBe(false);
});

test('an environment that is too long to be passed on is an error', async () => {
  const box = sandbox();
  writeFileSync(box.path('long.cjs'), "process.env.LONG = 'x'.repeat(200_000);");
  const failure = failureOf(await box.launch('start-ready', { execArgv: ['--require', box.path('long.cjs')] }));
  expect(failure).toMatchObject({ class: 'StartError', code: 'ERR_SPAWN', cause: { code: 'E2BIG' } });
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
});

test('as few descriptors left as may be: an error with its reason, nothing is made, and the first start that gets enough works', async () => {
  const box = sandbox();
  const script = `ulimit -n 100; exec ${node} ${fixture('start-no-descriptors')} ${fixture('start-module-target')} ${box.path('daemon.pid')}`;
  const { stdout } = await shell(box, script);
  // The lock has one descriptor that is locked, and one that writes.
  const [none, one, ...atSpawn] = JSON.parse(stdout) as object[];
  const nothing = { cause: 'EMFILE', file: false, locked: false };
  for (const atLock of [none, one]) expect(atLock).toEqual({ name: 'LockFailedError', code: 'EMFILE', ...nothing });
  expect(atSpawn.pop()).toEqual({ name: 'started' });
  expect(atSpawn.length).toBeGreaterThan(3);
  for (const round of atSpawn) expect(round).toEqual({ name: 'StartError', code: 'ERR_SPAWN', stage: 1, ...nothing });
});

test.skipIf(notRoot)('no more processes allowed', async () => {
  const box = sandbox();
  chmodSync(box.directory, 0o1777);
  // The threads of the pool first: Node.js does not survive it when they cannot be made.
  const limit =
    "require('node:fs').stat('/', () => {}); require('node:child_process').spawnSync('prlimit', ['--nproc=1', '--pid', String(process.pid)]);";
  writeFileSync(box.path('limit.cjs'), limit);
  const user = 64_321;
  const failure = failureOf(await box.launch('start-ready', { execArgv: ['--require', box.path('limit.cjs')], uid: user, gid: user }));
  expect(failure).toMatchObject({
    class: 'StartError',
    code: 'ERR_SPAWN',
    cause: { code: 'EAGAIN' },
    message: expect.stringContaining('ulimit -u'),
  });
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
});

const canUnshare = !notRoot && spawnSync('unshare', ['-m', 'true']).status === 0;

test.runIf(canUnshare)('without /bin/sh the daemon is detached directly', async () => {
  const box = sandbox();
  // /bin may be a link into /usr, which is needed.
  const hide = `mount -t tmpfs none /mnt && mkdir /mnt/bin && cp -a /usr/bin/. /mnt/bin/ 2>/dev/null; rm -f /mnt/bin/sh; mount --bind /mnt/bin "$(readlink -f /bin)"; exec "$@"`;
  const { stdout, stderr } = await box.launch('', {
    executable: 'unshare',
    args: ['-m', 'bash', '-c', hide, 'bash', node, READY],
  });
  expect(stderr).toBe('');
  const { pid, ok } = JSON.parse(stdout);
  expect(ok).toBe(true);
  // A session leader, then: there is nobody else to be one.
  expect(observe(pid)).toMatchObject({ sid: pid, tty: 0, umask: '0077', cwd: '/', coreLimit: { soft: '0', hard: '0' } });
  await box.reap();
  // As with a shell: what a stage has started ends with its start.
  const failed = await box.launch('', {
    executable: 'unshare',
    args: ['-m', 'bash', '-c', hide, 'bash', node, fixture('start-failing'), 'child'],
  });
  expect(failureOf(failed)).toMatchObject({ class: 'StartError', stage: 4 });
  const child = Number(/child (\d+)/.exec(JSON.parse(failed.stdout).output)?.[1]);
  expect(child).toBeGreaterThan(1);
  expect(isRunning(child)).toBe(false);
});

test.runIf(canUnshare && existsSync('/bin/bash'))('with bash for /bin/sh the environment is the same, and so is the status', async () => {
  const box = sandbox();
  const run = (program: string, ...args: string[]) =>
    box.launch('', {
      executable: 'unshare',
      args: [
        '-m',
        'sh',
        '-c',
        'mount --bind "$(readlink -f /bin/bash)" "$(readlink -f /bin/sh)"; exec "$@"',
        'sh',
        node,
        fixture(program),
        ...args,
      ],
      env: { 'with.dot': 'x', SHLVL: '3', _: 'underscore' },
    });
  const { stdout } = await run('start-environment', box.directory);
  const { own } = await until(() => JSON.parse(readFileSync(box.path('environment.json'), 'utf8')), { what: 'the environment' });
  expect(own).toEqual(JSON.parse(stdout).launcher);
  await box.reap();
  expect(failureOf(await run('start-failing', 'kill'))).toMatchObject({ signal: 'SIGKILL', exitCode: null, stage: 4 });
  expect(failureOf(await run('start-failing', 'exit-7'))).toMatchObject({ signal: null, exitCode: 7, stage: 4 });
});

/** Runs a launcher in a mount namespace of its own, which a script has changed before. */
const inMounts = (box: ReturnType<typeof sandbox>, change: string, options: LaunchOptions = {}) =>
  box.launch('', { executable: 'unshare', args: ['-m', 'bash', '-c', `${change}; exec "$@"`, 'bash', node, READY], ...options });

test.runIf(canUnshare)('a /bin/sh that may not be executed is as good as none', async () => {
  const box = sandbox();
  const { stdout, stderr } = await inMounts(
    box,
    `cp /bin/sh '${box.path('sh')}' && chmod a-x '${box.path('sh')}' && mount --bind '${box.path('sh')}' "$(readlink -f /bin/sh)"`,
  );
  expect(stderr).toBe('');
  const { pid, ok } = JSON.parse(stdout);
  expect(ok).toBe(true);
  expect(observe(pid)).toMatchObject({ sid: pid, tty: 0, cwd: '/' });
});

test.runIf(canUnshare).each([
  [
    'without /dev/null',
    'mount -t tmpfs none /dev',
    /^Cannot start the daemon's process: \/dev\/null cannot be opened \(ENOENT\); as root: .*mknod/,
  ],
  [
    'with a /bin/sh whose interpreter is gone',
    `printf '#!/no/such\n' > /tmp/broken.$$; chmod +x /tmp/broken.$$; mount --bind /tmp/broken.$$ "$(readlink -f /bin/sh)"; rm -f /tmp/broken.$$`,
    /'\/bin\/sh' is there, but the loader or interpreter that it names is not \(ENOENT\)/,
  ],
])('%s: the error names it', async (_, change, message) => {
  const box = sandbox();
  const [out, err] = ['out', 'err'].map((name) => openSync(box.path(name), 'w'));
  await inMounts(box, change, { stdout: out as number, stderr: err as number });
  const told = JSON.parse(readFileSync(box.path('out'), 'utf8'));
  expect(told.failure).toMatchObject({ class: 'StartError', code: 'ERR_SPAWN', stage: 1, message: expect.stringMatching(message) });
  expect(await box.isLocked()).toBe(false);
});
