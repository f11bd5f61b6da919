import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { environOf } from '../helpers/observe.ts';
import { type CommandBox, commandBox, IDLE } from './command.ts';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const strips = major > 22 || (major === 22 && minor >= 18);
const PACKAGE = dirname(dirname(fileURLToPath(import.meta.resolve('daemonium'))));

function write({ box, program }: CommandBox, file: string, text: string): void {
  program('web.cjs', `console.log(process.env.COLOUR, ...process.argv.slice(2)); ${IDLE}`);
  mkdirSync(box.path('node_modules'), { recursive: true });
  if (!existsSync(box.path('node_modules/daemonium'))) symlinkSync(PACKAGE, box.path('node_modules/daemonium'));
  writeFileSync(box.path(file), text);
}

const TYPESCRIPT = `
  import { type Config, defineConfig } from 'daemonium';
  const config: Config = { daemons: { web: { script: 'web.cjs', args: ['a'], env: { COLOUR: 'red' } } } };
  export default defineConfig(config);
`;

const CONFIGS: ReadonlyArray<readonly [ending: string, text: string]> = [
  [
    'mjs',
    `import { defineConfig } from 'daemonium'; export default defineConfig({ daemons: { web: { script: 'web.cjs', args: ['a'], env: { COLOUR: 'red' } } } });`,
  ],
  ['cjs', `module.exports = { daemons: { web: { script: './web.cjs', args: ['a'], env: { COLOUR: 'red' } } } };`],
  ['json', '{ "daemons": { "web": { "script": "web.cjs", "args": ["a"], "env": { "COLOUR": "red" } } } }'],
  ...(strips ? [['ts', TYPESCRIPT] as const] : []),
];

test.each(CONFIGS)('daemonium.config.%s: its names are there, and restart reads it again', async (ending, text) => {
  const command = commandBox();
  const file = `daemonium.config.${ending}`;
  write(command, file, text);
  expect(await command.done('start', 'web')).toMatch(/^web started, pid \d+\n$/);
  writeFileSync(command.box.path(file), text.replace('red', 'blue'));
  // From wherever: the declaration knows its config.
  expect((await command.run(['restart', 'web'], { cwd: '/' })).code).toBe(0);
  expect(command.log('web')).toBe('red a\nblue a\n');
  expect(environOf(Number(await command.done('pid', 'web')))).toMatchObject({ COLOUR: 'blue' });
  writeFileSync(command.box.path(file), text.replace('web:', 'other:').replace('"web":', '"other":'));
  expect(await command.run(['restart', 'web'])).toMatchObject({ code: 1, stderr: expect.stringContaining("does not name 'web' any more") });
});

test.skipIf(strips)('a config in TypeScript on a Node.js that does not run it is an error with the cure; with tsx it is read', async () => {
  const command = commandBox();
  write(command, 'daemonium.config.ts', TYPESCRIPT);
  const { code, stderr } = await command.run(['start', 'web']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/daemonium\.config\.ts' is TypeScript, which Node 20\.\S+ does not run .* NODE_OPTIONS='--import tsx'/);
  const tsx = import.meta.resolve('tsx');
  expect(await command.run(['start', 'web'], { execArgv: ['--import', tsx] })).toMatchObject({ code: 0, stderr: '' });
});

test('all faults are told at once, with the right values; nothing is started', async () => {
  const command = commandBox();
  const text = `export default { daemonz: {}, daemons: {
    'a b': { script: 'web.cjs' }, web: { scrip: 'x', args: 'one', env: { PORT: 8080 }, ready: 'soon', umask: '077',
      respawn: { dleay: 3 }, lease: { kye: 'x' }, listen: [80, 99999] }, bad: 3 } };`;
  write(command, 'daemonium.config.mjs', text);
  const { code, stdout, stderr } = await command.run(['start', 'all']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(
    stderr
      .split('\n')
      .slice(1, -1)
      .map((line) => line.trim()),
  ).toEqual([
    "daemonz: there is no such option; did you mean 'daemons'?",
    'daemons.a b: as the name of a daemon, expected 1 to 64 of A-Z a-z 0-9 . _ @ -',
    'daemons.web.script: expected the path of the program, found nothing',
    "daemons.web.scrip: there is no such option; did you mean 'script'?",
    "daemons.web.respawn.dleay: there is no such option; did you mean 'delay'?",
    "daemons.web.lease.kye: there is no such option; did you mean 'key'?",
    'daemons.web.args: expected an array of strings, found "one"',
    'daemons.web.env: expected an object of strings, found { PORT: a number }',
    "daemons.web.ready: expected 'started', 'listening' or 'message', found \"soon\"",
    "daemons.web.listen: expected an array of ports, 'host:port', absolute paths, { host?, port, name?, backlog? } or { path, mode?, name? }, found [80,99999]",
    'daemons.web.umask: expected a mode from 0 to 0o777, found "077"',
    'daemons.bad: expected an object, found 3',
  ]);
  expect(await command.list()).toEqual([]);
});

test('start all from wherever: each config is read again, and what is broken keeps no other from starting', async () => {
  const command = commandBox();
  const config = (colour: string) =>
    write(command, 'daemonium.config.mjs', `export default { daemons: { web: { script: 'web.cjs', env: { COLOUR: '${colour}' } } } };`);
  config('red');
  await command.done('start');
  command.program('two.cjs', IDLE);
  await command.done('start', './two.cjs');
  await command.done('stop', 'all');
  config('blue');
  writeFileSync(command.state('bad.json'), '{', { mode: 0o600 });
  const { code, stdout, stderr } = await command.run(['start', 'all'], { cwd: '/' });
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/^two started, pid \d+\nweb started, pid \d+\n$/) });
  expect(stderr).toContain("bad.json' cannot be read");
  expect(command.log('web')).toBe('red\nblue\n');
});

test('a config file that is broken: a declared name and a path do not need it', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  await command.done('start', 'web.cjs');
  command.program('daemonium.config.json', '{');
  expect(await command.done('start', 'web')).toMatch(/^web is already running/);
  expect(await command.done('start', './web.cjs')).toMatch(/^web is already running/);
  expect(await command.run(['start', 'other'])).toMatchObject({ code: 2, stderr: expect.stringContaining('is not JSON') });
});

test('start all, start without a name, and --config', async () => {
  const command = commandBox();
  write(
    command,
    'daemonium.config.mjs',
    `export default { daemons: { one: { script: 'web.cjs' }, two: { script: 'web.cjs', stderr: 'two.err' } } };`,
  );
  expect((await command.done('start')).split('\n').map((line) => line.split(' ')[0])).toEqual(['one', 'two', '']);
  expect(await command.done('start', 'all')).toMatch(/^one is already running, pid \d+\ntwo is already running, pid \d+\n$/);
  expect((await command.run(['start', 'one', '--config', command.box.path('daemonium.config.mjs')], { cwd: '/' })).stdout).toContain(
    'already running',
  );
  expect((await command.run(['start', 'one', '--env', 'A=1'])).stderr).toContain('change it there');
  expect(await command.run(['start', '--config', 'missing.mjs'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there is no config file'),
  });
  writeFileSync(command.box.path('daemonium.config.json'), '{}');
  expect((await command.run(['start'])).stderr).toContain('several config files');
});

test('a config file or an ecosystem file that keeps a timer does not keep the command', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  command.program('daemonium.config.mjs', `${IDLE} export default { daemons: { web: { script: 'web.cjs' } } };`);
  command.program('ecosystem.config.cjs', `${IDLE} module.exports = { apps: [{ name: 'web', script: 'web.cjs' }] };`);
  expect(await command.done('start', 'web')).toMatch(/^web started, pid \d+\n$/);
  expect(await command.done('import', 'ecosystem.config.cjs')).toContain('script: "web.cjs"');
  // A program that exports nothing.
  expect(await command.run(['import', 'web.cjs'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('is not an ecosystem file of pm2'),
  });
});
