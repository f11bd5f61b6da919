import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { notRoot } from '../core/hold.ts';
import { descriptorsOf, isRunning, observe } from '../helpers/observe.ts';
import { type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { type LogRecord, records } from './records.ts';

const NOBODY = 65_534;

interface Started {
  readonly pid: number;
  /** The logger's descriptor in the launcher. */
  readonly fd: number;
}

async function start(box: Sandbox, logger: object, daemon: object, way = 'logger', task = ''): Promise<Started> {
  const args = [JSON.stringify(logger), JSON.stringify({ pidFile: box.path('daemon.pid'), ...daemon }), way, task];
  const { code, stdout, stderr } = await box.launch('log-daemon', { args });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Started;
}

type Said = LogRecord & { readonly fd: number; readonly uid: number; readonly held: number; readonly sees: boolean };

const said = (path: string): Promise<Said> =>
  until(() => records(path).find(({ msg }) => msg === 'in the daemon') as Said | undefined, { what: 'the record of the daemon' });

test.for(['logger', 'inheritFiles'])(
  'the file of the launcher is the file of the daemon, and not that of its children, as %s',
  async (way) => {
    const box = sandbox();
    const path = box.path('app.log');
    const { pid, fd } = await start(box, { path }, {}, way);
    expect(await said(path)).toMatchObject({ fd, held: 0, sees: true });
    const open = descriptorsOf(pid).filter(({ target }) => target === path);
    expect(open.map((descriptor) => [descriptor.fd, descriptor.closeOnExec])).toEqual([[fd, true]]);
  },
);

test.skipIf(notRoot).for([{ chroot: false }, { chroot: true }])(
  'a daemon that dropped its privileges writes on where it could not open the file, %o',
  async ({ chroot }) => {
    const box = sandbox();
    mkdirSync(box.path('private'), { mode: 0o700 });
    mkdirSync(box.path('jail'));
    const path = box.path('private', 'app.log');
    const { pid, fd } = await start(box, { path }, { user: NOBODY, group: NOBODY, ...(chroot ? { rootDirectory: box.path('jail') } : {}) });
    expect(await said(path)).toMatchObject({ fd, uid: NOBODY });
    const size = statSync(path).size;
    await until(() => statSync(path).size > size, { what: 'more lines' });
    if (chroot) expect(observe(pid).root).toBe(box.path('jail'));
    // The daemon may not open it anew: it stays with the file it has, and says so.
    renameSync(path, `${path}.1`);
    process.kill(pid, 'SIGHUP');
    const refused = await until(() => records(`${path}.1`).find(({ logFile }) => logFile === path), { what: 'the record' });
    expect(['EACCES', 'ENOENT']).toContain(refused.reason);
    expect(readdirSync(box.path('private'))).toEqual(['app.log.1']);
  },
);

test('a daemon reopens its log at SIGHUP', async () => {
  const box = sandbox();
  const path = box.path('app.log');
  const { pid } = await start(box, { path }, {});
  renameSync(path, `${path}.1`);
  process.kill(pid, 'SIGHUP');
  await until(() => existsSync(path) && statSync(path).size > 0, { what: 'lines in the new file' });
  const size = statSync(`${path}.1`).size;
  process.kill(pid, 'SIGTERM');
  await until(() => !isRunning(pid), { what: 'the end' });
  expect(statSync(`${path}.1`).size).toBe(size);
  const numbers = [`${path}.1`, path].flatMap((file) => records(file).flatMap(({ n }) => n ?? []));
  expect(numbers).toEqual([...numbers.keys()]);
});

test('a daemon in the foreground reopens its log at SIGHUP', async () => {
  const box = sandbox();
  const path = box.path('app.log');
  const args = [JSON.stringify({ path }), JSON.stringify({ pidFile: box.path('daemon.pid'), detach: false }), 'logger'];
  const daemon = box.spawn('log-daemon', { args });
  await said(path);
  renameSync(path, `${path}.1`);
  daemon.child.kill('SIGHUP');
  await until(() => existsSync(path) && statSync(path).size > 0, { what: 'lines in the new file' });
  daemon.child.kill('SIGTERM');
  expect(await daemon.finished).toMatchObject({ code: 0 });
});

test('a launcher that stays leaves SIGHUP its default meaning', async () => {
  const box = sandbox();
  const args = [
    JSON.stringify({ path: box.path('app.log') }),
    JSON.stringify({ pidFile: box.path('daemon.pid') }),
    'logger',
    'launcher stays',
  ];
  const launcher = box.spawn('log-daemon', { args });
  await until(() => launcher.stdout.includes('pid'), { what: 'the start' });
  // The start's own listeners stay one turn longer than the start.
  await until(() => !observe(launcher.pid).caught.includes('SIGHUP'), { what: 'the end of its listeners' });
  const { pid } = JSON.parse(launcher.stdout) as Started;
  expect(observe(pid).caught).toContain('SIGHUP');
});

test.for([{ sync: true }, { sync: false }])('10,000 lines after SIGTERM: 10,000 on disk, %o', async ({ sync }) => {
  const box = sandbox();
  const path = box.path('app.log');
  const { pid } = await start(box, { path, sync }, {});
  await said(path);
  process.kill(pid, 'SIGTERM');
  await until(() => !isRunning(pid), { what: 'the end' });
  const last = records(path).flatMap((record) => (record as { last?: number }).last ?? []);
  expect(last).toEqual([...Array(10_000).keys()]);
});

test.for([{ sync: true }, { sync: false }])(
  'the stages are logged at debug, and the error that ends the daemon at fatal, %o',
  async ({ sync }) => {
    const box = sandbox();
    const path = box.path('app.log');
    const { pid } = await start(box, { path, sync, level: 'debug' }, {}, 'logger', 'throw');
    await until(() => !isRunning(pid), { what: 'the end' });
    const all = records(path);
    const stages = all.filter(({ level }) => level === 20).flatMap((record) => (record as { stage?: number }).stage ?? []);
    expect(stages).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(all.filter(({ level }) => level === 60)).toMatchObject([{ err: { message: 'uncaught on purpose' } }]);
    expect(existsSync(box.path('daemon.pid'))).toBe(false);
  },
);

test('a log directory that is gone for a while does not end the daemon', async () => {
  const box = sandbox();
  const directory = box.path('logs');
  mkdirSync(directory);
  const path = `${directory}/app.log`;
  // A line is lost for certain: the signal may come before the next one.
  const { pid } = await start(box, { path }, {}, 'logger', 'line at SIGHUP');
  // It is there once the record is.
  await until(() => records(path).some(({ n }) => n !== undefined), { what: 'lines' });
  rmSync(directory, { recursive: true });
  process.kill(pid, 'SIGHUP');
  mkdirSync(directory);
  expect(await until(() => records(path).find(({ lost }) => lost !== undefined), { what: 'the record' })).toMatchObject({ level: 50 });
  expect(isRunning(pid)).toBe(true);
});

test.for(['true', 'false'])("stage 8 leaves a destination alone that the daemon's script has opened itself, sync: %s", async (sync) => {
  const box = sandbox();
  const path = box.path('raw.log');
  // At numbers above what Node marks close-on-exec: stage 8 has something to close.
  const leak = openSync(box.path('leak'), 'w');
  const { stdout, stderr } = await box.launch('log-raw-destination', { args: [path, sync], descriptors: { 20: leak, 50: leak } });
  closeSync(leak);
  expect(stderr).toBe('');
  const { pid } = JSON.parse(stdout) as { pid: number };
  await until(() => records(path).some(({ msg }) => msg === 'in the daemon'), { what: 'the first line' });
  process.kill(pid, 'SIGTERM');
  await until(() => !isRunning(pid), { what: 'the end of the daemon' });
  expect(records(path).filter(({ msg }) => msg === 'a last line')).toHaveLength(1_000);
  expect(readFileSync(box.path('leak'), 'utf8')).toBe('');
});
