import { spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { expect, test } from 'vitest';
import { observe } from '../../helpers/observe.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';

const isRoot = process.getuid?.() === 0;
const OTHER = 65_534;
const IDENTITY = { user: OTHER, group: OTHER, initGroups: false };
const hasSetpriv = spawnSync('setpriv', ['true']).status === 0;

interface Told {
  readonly pid?: number;
  readonly error?: string;
  readonly message?: string;
}

async function started(box: Sandbox, way: string, options: object, wrapper: readonly string[] = []): Promise<Told> {
  const [executable = process.execPath, ...before] = [...wrapper, process.execPath];
  const args = [...before, fixture('stage-keeps-rights'), way, JSON.stringify(options)];
  const { stdout, stderr } = await box.launch('', { executable, args });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Told;
}

test.skipIf(!isRoot).each([
  ['keeps-capabilities', /^.*Root was not dropped: thread \d+ has permitted capabilities/],
  ['saved-uid', /has uids 65534,65534,0,65534 /],
  ['saved-gid', /gids 65534,65534,0,65534 /],
  ['groups', /has the groups 0 65534 instead of 65534/],
])('%s: a stage 2 that leaves a way back is noticed, and nothing is left', async (way, words) => {
  const box = sandbox();
  expect(await started(box, way, IDENTITY)).toMatchObject({
    name: 'StartError',
    stage: 3,
    cause: 'ERR_CREDENTIALS',
    message: expect.stringMatching(words),
  });
  expect(await box.isLocked()).toBe(false);
});

test.skipIf(!isRoot)('without a way back, and with fewer groups than its own, the daemon starts', async () => {
  for (const way of ['nothing', 'fewer-groups']) {
    const box = sandbox();
    const { pid = 0, error } = await started(box, way, IDENTITY);
    expect(error).toBe('');
    const { uids, capabilities } = observe(pid);
    expect([uids, capabilities]).toEqual([[OTHER, OTHER, OTHER, OTHER], { effective: 0n, permitted: 0n, inheritable: 0n, ambient: 0n }]);
  }
});

/** An unprivileged launcher with a capability that its children get, as a unit with AmbientCapabilities= has it. */
const AMBIENT = ['setpriv', '--reuid', String(OTHER), '--regid', String(OTHER), '--clear-groups', '--inh-caps', '+net_bind_service'].concat(
  '--ambient-caps',
  '+net_bind_service',
);

test.skipIf(!isRoot || !hasSetpriv)(
  'ambient capabilities of a user who asks for its own ids are noticed; without asking they stay',
  async () => {
    const box = sandbox();
    chownSync(box.directory, OTHER, OTHER);
    expect(await started(box, 'nothing', IDENTITY, AMBIENT)).toMatchObject({
      stage: 3,
      cause: 'ERR_CREDENTIALS',
      message: expect.stringMatching(
        /The user has more rights than its own: thread \d+ has permitted capabilities \(400\); to keep them on purpose/,
      ),
    });
    const { pid = 0 } = await started(box, 'nothing', {}, AMBIENT);
    expect(observe(pid).capabilities.ambient).toBe(0x400n);
  },
);

test.skipIf(!isRoot || !hasSetpriv)('an inheritable one alone comes back with a program, so it is noticed too', async () => {
  const box = sandbox();
  chownSync(box.directory, OTHER, OTHER);
  const inheritable = ['setpriv', '--reuid', String(OTHER), '--regid', String(OTHER), '--clear-groups', '--inh-caps', '+net_bind_service'];
  expect(await started(box, 'nothing', IDENTITY, inheritable)).toMatchObject({
    message: expect.stringContaining('inheritable capabilities (400)'),
  });
  expect(await started(box, 'nothing', IDENTITY, ['setpriv', '--inh-caps', '+net_bind_service'])).toMatchObject({
    message: expect.stringContaining('Root was not dropped'),
  });
});

test.skipIf(!isRoot)('without /proc the start says that it could not look at everything', async () => {
  const box = sandbox();
  const hidden = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'];
  const { pid, error } = await started(box, 'nothing', { ...IDENTITY, pidFile: null }, hidden);
  expect(pid).toBeGreaterThan(1);
  expect(error).toMatch(/DAEMONIUM_UNVERIFIED.*no \/proc here/);
});
