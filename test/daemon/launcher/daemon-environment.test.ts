import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { LaunchOptions } from '../../helpers/launch.ts';
import { environOf } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

type Environment = Record<string, string>;

async function environments(options: LaunchOptions = {}, changes: Record<string, string | null> = {}) {
  const box = sandbox();
  const { stdout, stderr } = await box.launch('start-environment', { args: [box.directory, JSON.stringify(changes)], ...options });
  expect(stderr).toBe('');
  const { launcher, after } = JSON.parse(stdout) as { launcher: Environment; after: Environment };
  const { own, child, execArgv } = await until(
    () => JSON.parse(readFileSync(box.path('environment.json'), 'utf8')) as { own: Environment; child: Environment; execArgv: string[] },
    { what: "the daemon's environment" },
  );
  return { launcher, after, own, child, execArgv, pid: await box.readPid() };
}

const AWKWARD = {
  'npm_package_config_foo-bar': 'dashes, which shells drop',
  'spring.config.name': 'dots',
  EMPTY: '',
  LINES: 'one\ntwo\n',
  UNICODE: 'grüße 🚀',
  '1ST': 'a digit first',
  'a b': 'a blank',
  "quo'te": '"$HOME" `id` $(id)',
};

test("the daemon's environment, and its children's, is exactly the launcher's", async () => {
  const { launcher, after, own, child } = await environments({
    env: { ...AWKWARD, PWD: undefined, SHLVL: undefined, OLDPWD: undefined, _: undefined },
  });
  expect(launcher).toMatchObject(AWKWARD);
  expect(launcher).not.toHaveProperty('PWD');
  expect(own).toEqual(launcher);
  expect(child).toEqual(launcher);
  expect(after).toEqual(launcher);
});

test('a wrong PWD and SHLVL stay as they are, and variables that the shell itself uses do not change its work', async () => {
  const odd = {
    PWD: '/nowhere',
    SHLVL: '41',
    _: '/bin/odd',
    IFS: 'x',
    PS4: 'no',
    ENV: '/nonexistent',
    BASH_ENV: '/nonexistent',
    OPTIND: '7',
    PPID: '1',
  };
  const { launcher, own } = await environments({ env: odd });
  expect(launcher).toMatchObject(odd);
  expect(own).toEqual(launcher);
});

test('`env` is merged over it, and null here stands for undefined, which deletes', async () => {
  const { launcher, own } = await environments({ env: { GONE: 'soon', KEPT: 'yes' } }, { GONE: null, NEW: 'new', 'NEW.DOT': 'n' });
  const { GONE: _gone, ...rest } = launcher;
  expect(own).toEqual({ ...rest, NEW: 'new', 'NEW.DOT': 'n' });
});

test("the marker is in no environment but the daemon's at exec, where it means nothing any more", async () => {
  const { own, child, after, pid } = await environments();
  for (const env of [own, child, after]) expect(Object.keys(env).filter((name) => name.startsWith('DAEMONIUM_START'))).toEqual([]);
  expect(environOf(pid)['DAEMONIUM_START']).toMatch(/^\d+:0:[0-9a-z]{16,64}$/);
});

test("variables that belong to the launcher's own parent do not cross", async () => {
  const { own } = await environments({ env: { NODE_UNIQUE_ID: undefined, NODE_TEST_CONTEXT: 'child-v8' } });
  expect(Object.keys(own).filter((name) => /^NODE_(UNIQUE_ID|CHANNEL_FD|TEST_CONTEXT)$/.test(name))).toEqual([]);
});

test("the numbers of the launcher's channel and of its place in a cluster do not cross", async () => {
  const box = sandbox();
  const names = ['NODE_CHANNEL_FD', 'NODE_UNIQUE_ID'];
  // Were they there from the beginning, Node.js would take the launcher for a child and a worker. The flag crosses, and means the launcher alone.
  const text = `if (process.env.DAEMONIUM_START === undefined) for (const name of ${JSON.stringify(names)}) process.env[name] = '99';`;
  writeFileSync(box.path('child.cjs'), text);
  const { launcher, own, pid } = await environments({ execArgv: ['--require', box.path('child.cjs')] });
  expect(launcher).toMatchObject({ NODE_CHANNEL_FD: '99', NODE_UNIQUE_ID: '99' });
  for (const env of [own, environOf(pid)]) expect(Object.keys(env).filter((name) => names.includes(name))).toEqual([]);
});

test('NODE_OPTIONS and the flags of Node.js cross, but for those of inspector, watcher and test runner', async () => {
  const { own, execArgv } = await environments({
    env: { NODE_OPTIONS: '--max-http-header-size=9999 --inspect-port=0 --stack-trace-limit=7' },
    execArgv: ['--no-warnings', '--inspect-port', '0', '--enable-source-maps'],
  });
  expect(own['NODE_OPTIONS']).toBe('--max-http-header-size=9999 --stack-trace-limit=7');
  expect(execArgv).toEqual(['--no-warnings', '--enable-source-maps']);
});
