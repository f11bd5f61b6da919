import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Daemon, type DaemonOptions } from '@daemonium/daemon';
import { expect, test } from 'vitest';
import { resolveRespawn } from '../../../packages/daemon/src/options/respawn.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { launched, shells } from './subject.ts';

const plan = (respawn: DaemonOptions['respawn']) => resolveRespawn({ respawn }, true);

test('defaults, and the list of pauses that follows from them', () => {
  expect([plan(undefined), plan(false)]).toEqual([null, null]);
  const delays = [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000];
  expect(plan(true)).toEqual({ on: 'failure', delays, healthyAfter: 60_000, limit: null, never: [78], memory: null });
  expect(plan({ delay: 0, factor: 3, maxDelay: 1000 })?.delays).toEqual([0, 100, 300, 900, 1000]);
  expect(plan({ delay: 50, factor: 1 })?.delays).toEqual([50, 50]);
  expect(plan({ delay: 40_000 })?.delays).toEqual([40_000]);
  expect([plan({ memory: '512M' })?.memory, plan({ memory: 1000 })?.memory]).toEqual([512 * 2 ** 20, 1000]);
});

test('a pause that no factor makes longer is none', () => {
  expect(plan({ delay: Number.MIN_VALUE, factor: 1.1, maxDelay: 120 })?.delays).toEqual([0, 100, 110, 120]);
  expect(plan({ delay: -0, factor: 1 })?.delays.map(String)).toEqual(['0', '100']);
  expect(plan({ delay: 10.6, factor: 1, maxDelay: 10.6 })?.delays).toEqual([10]);
});

test.each(['delay', 'max'])('a getter of %s that throws is one of a wrong option', (name) => {
  const get = () => {
    throw new RangeError('from a getter');
  };
  expect(() => plan(Object.defineProperty({}, name, { get, enumerable: true }))).toThrow(
    expect.objectContaining({ name: 'OptionError', option: `respawn.${name}` }),
  );
});

const WRONG: ReadonlyArray<readonly [unknown, string, string]> = [
  ['yes', 'ERR_OPTION_TYPE', 'respawn'],
  [{ on: 'crash' }, 'ERR_OPTION_VALUE', 'respawn.on'],
  [{ delay: -1 }, 'ERR_OPTION_RANGE', 'respawn.delay'],
  [{ delay: '1s' }, 'ERR_OPTION_TYPE', 'respawn.delay'],
  [{ factor: 1.05 }, 'ERR_OPTION_RANGE', 'respawn.factor'],
  [{ maxDelay: 50 }, 'ERR_OPTION_RANGE', 'respawn.maxDelay'],
  [{ healthyAfter: Number.NaN }, 'ERR_OPTION_RANGE', 'respawn.healthyAfter'],
  [{ limit: 1.5 }, 'ERR_OPTION_RANGE', 'respawn.limit'],
  [{ never: 78 }, 'ERR_OPTION_TYPE', 'respawn.never'],
  [{ never: [256] }, 'ERR_OPTION_RANGE', 'respawn.never'],
  [{ memory: '512 MB' }, 'ERR_OPTION_VALUE', 'respawn.memory'],
  [{ memory: 0 }, 'ERR_OPTION_VALUE', 'respawn.memory'],
  [{ max: 3 }, 'ERR_OPTION_UNKNOWN', 'respawn.max'],
  [[], 'ERR_OPTION_TYPE', 'respawn'],
  [{ delay: 2 ** 31 }, 'ERR_OPTION_RANGE', 'respawn.delay'],
  [{ delay: null }, 'ERR_OPTION_TYPE', 'respawn.delay'],
  [{ factor: Number.POSITIVE_INFINITY }, 'ERR_OPTION_RANGE', 'respawn.factor'],
  [{ never: new Array(2) }, 'ERR_OPTION_TYPE', 'respawn.never'],
  [{ memory: ' 1' }, 'ERR_OPTION_VALUE', 'respawn.memory'],
  [{ memory: 2 ** 53 }, 'ERR_OPTION_VALUE', 'respawn.memory'],
];

test.each(WRONG)('%j is refused', (respawn, code, option) => {
  expect(() => plan(respawn as DaemonOptions['respawn'])).toThrow(expect.objectContaining({ code, option }));
});

test('respawn needs a pid file, a monitor, and numbers that dash can read', async () => {
  const box = sandbox();
  const start = (options: DaemonOptions) => new Daemon({ target: () => {}, detach: true, respawn: true, ...options }).start();
  await expect(start({})).rejects.toThrow(
    expect.objectContaining({ code: 'ERR_OPTION_VALUE', message: expect.stringMatching(/'respawn'.*a pidFile/) }),
  );
  const pidFile = box.path('daemon.pid');
  await expect(start({ pidFile, monitor: false })).rejects.toThrow(/'respawn': expected monitor: true/);
  const launcher = await launched(box, { inheritFiles: [3, 4, 5, 6, 7] }, { descriptors: { 3: 1, 4: 1, 5: 1, 6: 1, 7: 1 } });
  expect(launcher.stderr).toMatch(/'inheritFiles': expected at most 4 descriptors from 3 to 9/);
  expect(existsSync(pidFile)).toBe(false);
});

test('a file in the place of the state file is left as it is', async () => {
  const box = sandbox();
  writeFileSync(box.path('daemon.state'), 'dear diary');
  const { stderr, code } = await launched(box);
  expect({ stderr, code }).toEqual({ stderr: expect.stringContaining('ERR_STATE_FILE'), code: 1 });
  expect(readFileSync(box.path('daemon.state'), 'utf8')).toBe('dear diary');
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
});

const [{ missing }] = shells as [(typeof shells)[number]];
test.skipIf(missing !== false)('no /bin/sh that may be executed', async () => {
  const box = sandbox();
  // Something that is there, and may not be executed.
  const { stderr, code } = await launched(box, {}, { prelude: 'mount --bind /etc/passwd /bin/sh;' });
  expect({ stderr, code }).toEqual({
    stderr: expect.stringMatching(/OptionError.*'respawn': expected false: there is no \/bin\/sh/),
    code: 1,
  });
});

test('respawn has no effect in the foreground', async () => {
  const box = sandbox();
  const daemon = box.spawn('respawn-daemon', { args: [box.directory, JSON.stringify({ respawn: true, detach: false })] });
  expect(await box.readPid()).toBe(daemon.pid);
  expect(existsSync(box.path('daemon.state'))).toBe(false);
  process.kill(daemon.pid, 'SIGKILL');
  expect((await daemon.finished).signal).toBe('SIGKILL');
  expect(await box.isLocked()).toBe(false);
});
