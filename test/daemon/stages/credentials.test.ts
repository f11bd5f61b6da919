import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { notRoot } from '../../core/hold.ts';
import { isRunning, observe } from '../../helpers/observe.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { inside, refused, started } from './run.ts';

const NOBODY = 65534;
const nobody = /^nobody:[^:]*:65534:65534:[^:]*:([^:]*):/m.exec(readFileSync('/etc/passwd', 'utf8'));
const asRoot = test.skipIf(notRoot || nobody === null);

/** Every thread, because the kernel keeps credentials per thread. */
function threadsOf(pid: number): { uids: string; gids: string; groups: string; capabilities: string }[] {
  return readdirSync(`/proc/${pid}/task`).map((tid) => {
    const status = readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*?)\\s*$`, 'm').exec(status)?.[1]?.replaceAll(/\s+/g, ' ') ?? '';
    return { uids: field('Uid'), gids: field('Gid'), groups: field('Groups'), capabilities: `${field('CapPrm')} ${field('CapEff')}` };
  });
}

const NONE = '0000000000000000 0000000000000000';
const four = (id: number) => `${id} ${id} ${id} ${id}`;

const database = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
/** Somebody with supplementary groups, and all his groups. */
const member = database('/etc/group').flatMap(([, , , members = '']) =>
  members.split(',').filter((name) => name !== '' && name !== 'root'),
)[0];
const account = database('/etc/passwd').find(([name]) => name === member);
const groupsOfMember = [
  Number(account?.[3]),
  ...database('/etc/group').flatMap(([, , gid, members = '']) => (members.split(',').includes(member ?? '') ? Number(gid) : [])),
];

/** A launcher that is root with some more groups, which a daemon must not keep. */
const WITH_GROUPS = ['--groups', '0,4,20,27'];
const hasSetpriv = spawnSync('setpriv', [...WITH_GROUPS, 'true']).status === 0;

asRoot.each([
  { user: 'nobody', group: undefined },
  { user: NOBODY, group: 'nogroup' },
  { user: String(NOBODY), group: NOBODY },
])('user $user, group $group: every thread is changed, and nothing leads back', async ({ user, group }) => {
  const box = sandbox();
  mkdirSync(box.path('own'));
  chmodSync(box.path('own'), 0o777);
  const options = { user, group, stdout: 'root.log', env: { LOGNAME: 'given' } };
  const { seen, said } = await inside(box, options, { report: box.path('own/report') });
  const threads = threadsOf(seen.pid);
  expect(threads.length).toBeGreaterThan(4);
  for (const thread of threads) expect(thread).toEqual({ uids: four(NOBODY), gids: four(NOBODY), groups: '65534', capabilities: NONE });
  expect(said.regained).toEqual([]);
  expect(said).toMatchObject({ HOME: nobody?.[1], LOGNAME: 'given', USER: 'nobody' });
  expect(statSync(box.path('own/report.threads')).uid).toBe(NOBODY);
  expect(statSync(box.path('root.log')).uid).toBe(0);
});

test.skipIf(notRoot || account === undefined || !hasSetpriv)(
  "supplementary groups are the user's, and none of the launcher's",
  async () => {
    const box = sandbox();
    const start = async (options: object) => {
      const args = [...WITH_GROUPS, process.execPath, fixture('stage-options'), JSON.stringify({ ...options, pidFile: null })];
      const { stdout } = await box.launch('', { executable: 'setpriv', args });
      return observe((JSON.parse(stdout) as { pid: number }).pid).groups.toSorted((a, b) => a - b);
    };
    expect(await start({ user: member })).toEqual([...new Set(groupsOfMember)].toSorted((a, b) => a - b));
    expect(await start({ user: member, initGroups: false })).toEqual([Number(account?.[3])]);
    // A user without an account has no groups but the one that is given.
    expect(await start({ user: 54_321, group: 54_322 })).toEqual([54_322]);
    expect(await start({ group: 54_322 })).toEqual([54_322]);
    // Without user and group nothing is changed.
    expect(await start({})).toEqual([0, 4, 20, 27]);
  },
);

asRoot("a user without an account has nobody's home", async () => {
  const box = sandbox();
  chownSync(box.directory, 54_321, 0);
  const { said } = await inside(box, { user: 54_321, group: 54_321 }, { env: { HOME: '/root', USER: 'root', LOGNAME: 'root' } });
  expect(said).toMatchObject({ HOME: '/' });
  expect(said).not.toHaveProperty('USER');
  expect(said).not.toHaveProperty('LOGNAME');
});

asRoot("'auto' is who the process is", async () => {
  const box = sandbox();
  const seen = await started(box, { user: 'auto', group: 'auto' });
  expect(seen).toMatchObject({ uids: [0, 0, 0, 0], gids: [0, 0, 0, 0] });
});

asRoot('the own user without being root is no change, another one is refused', async () => {
  const box = sandbox();
  chownSync(box.directory, NOBODY, NOBODY);
  const launch = { uid: NOBODY, gid: NOBODY };
  expect(await refused(box, { user: 0 }, launch)).toMatchObject({ name: 'OptionError', code: 'ERR_OPTION_VALUE', cause: 'EPERM' });
  expect((await refused(box, { user: 'root' }, launch)).message).toMatch(/^Option 'user': .*EPERM.*, got "root"$/);
  expect((await refused(box, { group: 0 }, launch)).message).toMatch(/^Option 'group': .*EPERM.*, got 0$/);
  expect((await refused(box, { rootDirectory: '/' }, launch)).message).toMatch(/^Option 'rootDirectory': .*EPERM/);
  expect(readdirSync(box.directory)).toEqual([]);
  const seen = await started(box, { user: 'nobody', group: 'auto' }, launch);
  expect(seen.uids).toEqual([NOBODY, NOBODY, NOBODY, NOBODY]);
});

/** Ends a launcher that comes to spawn anything. */
const withoutSpawn = { execArgv: ['--import', fixture('option-no-spawn')], uid: NOBODY, gid: NOBODY };

asRoot('files that the user may not open for the streams are told before anything is spawned', async () => {
  const box = sandbox();
  chownSync(box.directory, NOBODY, NOBODY);
  mkdirSync(box.path('closed'));
  writeFileSync(box.path('root.log'), 'precious', { mode: 0o644 });
  writeFileSync(box.path('secret'), 'precious', { mode: 0o600 });
  const options = { stdin: box.path('secret'), stdout: box.path('root.log'), stderr: box.path('closed/new.log') };
  const failure = await refused(box, options, withoutSpawn);
  expect(failure).toMatchObject({ name: 'OptionError', code: 'ERR_OPTION_VALUE', cause: 'EACCES' });
  const lines = failure.message.split('\n');
  for (const [index, [name, path]] of Object.entries(options).entries()) {
    expect(lines[index]).toMatch(new RegExp(`^Option '${name}': expected a usable path \\(EACCES.*, got "${path}"$`));
  }
  expect(lines).toHaveLength(3);
  expect(readdirSync(box.directory).toSorted()).toEqual(['closed', 'root.log', 'secret']);
  expect(readdirSync(box.path('closed'))).toEqual([]);
});

asRoot('a working directory that the user may not enter is told before anything is spawned', async () => {
  const box = sandbox();
  chownSync(box.directory, NOBODY, NOBODY);
  // What may be read may not be entered for that.
  mkdirSync(box.path('readable'));
  chmodSync(box.path('readable'), 0o744);
  mkdirSync(box.path('closed/inner'), { recursive: true });
  chmodSync(box.path('closed'), 0o700);
  for (const workingDirectory of [box.path('readable'), box.path('closed'), box.path('closed/inner')]) {
    const failure = await refused(box, { workingDirectory }, withoutSpawn);
    expect(failure).toMatchObject({ name: 'OptionError', code: 'ERR_OPTION_VALUE', cause: 'EACCES' });
    expect(failure.message).toMatch(new RegExp(`^Option 'workingDirectory': .*EACCES.*, got "${workingDirectory}"$`));
  }
  expect(readdirSync(box.directory).toSorted()).toEqual(['closed', 'readable']);
});

/** Node 20 refuses setuid() when io_uring is asked for; later ones do not. */
const statusWithIoUring = spawnSync(process.execPath, ['-e', 'process.setuid(process.getuid())'], {
  env: { ...process.env, UV_USE_IO_URING: '1' },
}).status;

asRoot('where io_uring keeps Node from changing its user the start fails in stage 3, elsewhere every thread changes', async () => {
  const box = sandbox();
  const launch = { env: { UV_USE_IO_URING: '1' } };
  if (statusWithIoUring === 0) {
    const { pid } = await started(box, { user: 'nobody' }, launch);
    expect(new Set(threadsOf(pid).map(({ uids }) => uids))).toEqual(new Set([four(NOBODY)]));
    return;
  }
  const failure = await refused(box, { user: 'nobody' }, launch);
  expect(failure).toMatchObject({ name: 'StartError', stage: 3, cause: 'ERR_INVALID_STATE' });
  expect(await box.isLocked()).toBe(false);
});

asRoot('a dropped daemon ends cleanly where it may not remove its pid file, and the next start succeeds', async () => {
  const box = sandbox();
  // As in /run: only root may write here.
  const { pid } = await started(box, { user: 'nobody', stderr: 'err.log' });
  expect(readFileSync(box.path('daemon.pid'), 'utf8')).toBe(`${pid}\n`);
  process.kill(pid, 'SIGTERM');
  await until(() => !isRunning(pid), { what: 'the end of the daemon' });
  expect([readFileSync(box.path('daemon.pid'), 'utf8'), await box.isLocked()]).toEqual([`${pid}\n`, false]);
  // Its launcher wrote the file, so that it stays is no fault of the daemon's, and nothing to tell.
  expect(readFileSync(box.path('err.log'), 'utf8')).toBe('');
  expect((await started(box, { user: 'nobody' })).pid).not.toBe(pid);
});
