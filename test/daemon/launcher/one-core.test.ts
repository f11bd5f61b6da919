import { PidLockFile } from '@daemonium/core';
import { Daemon, OptionError } from '@daemonium/daemon';
import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';
import { project, tsx } from './project.ts';

// The daemon package has a part of core in its own file, and loads the rest when it is needed: to programs there is one core all the same.

test('an OptionError of either package is one of the other', async () => {
  const core = await import('@daemonium/core');
  const thrownBy = async (act: () => unknown): Promise<unknown> => {
    try {
      return await act();
    } catch (error) {
      return error;
    }
  };
  const ofCore = await thrownBy(() => new PidLockFile('/x', { timeout: 'soon' as never }));
  const ofDaemon = await thrownBy(() => new Daemon({ umask: -1, target() {} }).start());
  for (const error of [ofCore, ofDaemon]) {
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toBeInstanceOf(core.OptionError);
    expect((error as Error).constructor.name).toBe('OptionError');
  }
  for (const other of [new TypeError('x'), null, 'OptionError', { name: 'OptionError' }]) expect(other instanceof OptionError).toBe(false);
  class Own extends OptionError {}
  expect([ofCore instanceof Own, new Own('a', 'b', 1) instanceof Own, new Own('a', 'b', 1) instanceof core.OptionError]).toEqual([
    false,
    true,
    true,
  ]);
});

test('nothing of the lock is loaded without a pid file, and all of it is there at once with one', async () => {
  const box = sandbox();
  project(box, {
    'main.mjs': `
      import { Daemon } from '@daemonium/daemon';
      const shared = globalThis[Symbol.for('daemonium')];
      await new Daemon({ target: () => void setInterval(() => {}, 1000) }).start();
      const before = 'core' in shared;
      const daemon = new Daemon({ pidFile: 'daemon.pid', target: () => void setInterval(() => {}, 1000) });
      console.log(JSON.stringify([before, 'core' in shared, daemon.isAlive(), daemon.pidFile.path]));`,
  });
  const { stdout, stderr } = await box.launch('', { execArgv: ['--no-warnings', 'main.mjs'] });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual([false, true, false, box.path('daemon.pid')]);
});

const CLASSES = `
  import { PidLockFile } from '@daemonium/core';
  import { Daemon } from '@daemonium/daemon';
  const daemon = new Daemon({ pidFile: 'daemon.pid' });
  console.log(JSON.stringify([daemon.isAlive(), daemon.pidFile instanceof PidLockFile]));`;

// tsx makes CommonJS of what is required, which would be a second core.
test.each([
  ['node', []],
  ['tsx', [tsx]],
])('the lock is of the class that the program has imported: %s', async (_, execArgv) => {
  const box = sandbox();
  project(box, { 'main.mts': CLASSES, 'main.mjs': CLASSES });
  const { stdout } = await box.launch('', { execArgv: ['--no-warnings', ...execArgv, execArgv.length === 0 ? 'main.mjs' : 'main.mts'] });
  expect(JSON.parse(stdout)).toEqual([false, true]);
});

test('a call while core is being imported gets its answer', async () => {
  const box = sandbox();
  project(box, {
    'main.mjs': `
      import { Daemon } from '@daemonium/daemon';
      const target = () => void setInterval(() => {}, 1000);
      await new Daemon({ pidFile: 'daemon.pid', target }).start();`,
    'ask.mjs': `
      import { Daemon } from '@daemonium/daemon';
      const daemon = new Daemon({ pidFile: 'daemon.pid' });
      const importing = import('@daemonium/core');
      for (let turns = Number(process.argv[2]); turns > 0; turns--) await new Promise(setImmediate);
      console.log(JSON.stringify([daemon.isAlive(), daemon.pidFile instanceof (await importing).PidLockFile]));`,
  });
  await box.launch('', { execArgv: ['main.mjs'] });
  // At each turn of the event loop that the import may take.
  const answers = Array.from({ length: 8 }, (_, turns) => box.launch('', { execArgv: ['--no-warnings', 'ask.mjs', String(2 * turns)] }));
  for (const { stdout } of await Promise.all(answers)) expect(JSON.parse(stdout)).toEqual([true, true]);
});
