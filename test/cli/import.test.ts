import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type CommandBox, commandBox, IDLE } from './command.ts';

const ECOSYSTEM = `module.exports = { apps: [
  { name: 'web', script: './web.cjs', args: '--port 80 "two words"', node_args: '--expose-gc', instances: 2, exec_mode: 'cluster', watch: false,
    env: { PORT: 8080 }, env_production: { MODE: 'live' }, max_memory_restart: '1G', kill_timeout: 3000, out_file: 'out.log', error_file: 'err.log' },
  { script: 'job.py', interpreter: 'python3', autorestart: false, cron_restart: '0 0 * * *', surprising: true },
  { name: 'none' },
], deploy: {} };`;

/** What `import` has printed is the config file from now on. */
function useConfig({ box }: CommandBox, text: string): string {
  const path = box.path('daemonium.config.mjs');
  writeFileSync(path, text);
  return path;
}

test("pm2's file becomes a config file, which the command reads; a line that cannot be translated is named", async () => {
  const command = commandBox();
  command.program('web.cjs', `console.log(...process.argv.slice(2), process.env.PORT, process.env.MODE, typeof gc); ${IDLE}`);
  command.program('ecosystem.config.cjs', ECOSYSTEM);
  const { code, stdout, stderr } = await command.run(['import', 'ecosystem.config.cjs', '--environment', 'production']);
  expect(code).toBe(0);
  expect(stderr.split('\n')).toEqual([
    'deploy: is not taken over',
    'web: instances is not done: one process is started; use node:cluster in the program',
    'web: exec_mode is not done: use node:cluster in the program',
    `job: script: there is no script '${command.box.path('job.py')}'. Programs are run by Node: name the script that a command such as npm would run`,
    "job: interpreter is not taken over: programs are run by Node, and not by 'python3'",
    'job: cron_restart is not taken over: use cron, with: daemonium restart NAME',
    'job: surprising is not known here',
    'none: is left out: it has no script',
    '',
  ]);
  expect(stdout).toBe(`export default {
  daemons: {
    web: {
      script: "web.cjs",
      respawn: { on: "always", memory: "1G" },
      args: ["--port", "80", "two words"],
      execArgv: ["--expose-gc"],
      env: { PORT: "8080", MODE: "live" },
      stopTimeout: 3000,
      stdout: "out.log",
      stderr: "err.log",
    },
    job: {
      script: "job.py",
    },
  },
};
`);
  useConfig(command, stdout);
  await command.done('start', 'web');
  expect(await command.done('logs', 'web')).toBe('--port 80 two words 8080 live function\n');
});

test("names of Object's own, and numbers that are none", async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  command.program(
    'ecosystem.json',
    `{ "apps": [{ "name": "__proto__", "script": "web.cjs", "__proto__": 1, "constructor": 2, "toString": 3,
      "kill_timeout": "10s", "max_restarts": "", "restart_delay": -1, "exp_backoff_restart_delay": {}, "stop_exit_codes": ["x"] }] }`,
  );
  const { code, stdout, stderr } = await command.run(['import', 'ecosystem.json']);
  expect(code).toBe(0);
  expect(stderr.split('\n')).toEqual([
    '__proto__: __proto__ is not known here',
    '__proto__: constructor is not known here',
    '__proto__: toString is not known here',
    '__proto__: kill_timeout is not taken over: expected a number, found "10s"',
    '__proto__: restart_delay is not taken over: expected a number, found -1',
    '__proto__: exp_backoff_restart_delay is not taken over: expected a number, found {}',
    '__proto__: stop_exit_codes is not taken over: expected exit codes, found ["x"]',
    '',
  ]);
  useConfig(command, stdout);
  expect(await command.run(['start', '__proto__'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^__proto__ started/) });
});

test("pm2's other names, values that it takes for none, and values that cannot be", async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  command.program('job.sh', '');
  const apps = `[
    { name: 'web', exec: 'web.cjs', interpreterArgs: '--expose-gc', out: 'o.log', err: 'e.log', log: 'all.log', pid: 'x.pid', cron: '',
      min_uptime: '10s', restart_delay: 0, max_memory_restart: 0, time: false, namespace: null, user: 'www-data' },
    { name: 'odd', script: 'web.cjs', kill_timeout: 'soon', min_uptime: 'long', autostart: false, log_file: 'all.log', out_file: 'o.log' },
    { name: 'quiet', script: 'web.cjs', disable_logs: true, autorestart: false },
    { script: 'job.sh', autorestart: false }, { name: 'npm', script: 'npm', args: 'start', autorestart: false } ]`;
  command.program('ecosystem.config.mjs', `export const apps = ${apps};`);
  const { code, stdout, stderr } = await command.run(['import', 'ecosystem.config.mjs', '--environment', 'live']);
  expect(code).toBe(0);
  expect(stderr.split('\n')).toEqual([
    'env_live: no program has it, so nothing is taken from it',
    'web: pid_file is not taken over: the pid file has its own place: daemonium describe NAME',
    'odd: kill_timeout is not taken over: expected a number, found "soon"',
    'odd: min_uptime is not taken over: expected a time such as 10s, found "long"',
    'odd: autostart is not taken over: a start of all starts it, too',
    `job: script: programs are run by Node, which cannot read '${command.box.path('job.sh')}'`,
    `npm: script: there is no script '${command.box.path('npm')}'. Programs are run by Node: name the script that a command such as npm would run`,
    '',
  ]);
  const { default: config } = await import(useConfig(command, stdout));
  expect(config.daemons).toEqual({
    web: {
      script: 'web.cjs',
      respawn: { on: 'always', healthyAfter: 10_000 },
      execArgv: ['--expose-gc'],
      ...{ stdout: 'o.log', stderr: 'e.log', user: 'www-data' },
    },
    odd: { script: 'web.cjs', respawn: { on: 'always' }, stdout: 'o.log', stderr: 'all.log' },
    quiet: { script: 'web.cjs', stdout: null, stderr: null },
    job: { script: 'job.sh' },
    npm: { script: 'npm', args: ['start'] },
  });
});

test.each([
  [
    'ecosystem.config.js of a package of ES modules',
    'export default { apps: [{ name: "web", script: "web.cjs" }] };',
    '{ "type": "module" }',
  ],
  ['ecosystem.config.js of any other package', 'module.exports = [{ name: "web", script: "web.cjs" }];', '{}'],
])('%s', async (_, text, manifest) => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  command.program('package.json', manifest);
  command.program('ecosystem.config.js', text);
  expect(await command.run(['import', 'ecosystem.config.js'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('    web: {\n      script: "web.cjs",\n'),
    stderr: '',
  });
});

test('--start starts them, each for itself', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  command.program('ecosystem.json', '{ "apps": [{ "name": "web", "script": "web.cjs" }, { "name": "gone", "script": "gone.cjs" }] }');
  const { code, stdout, stderr } = await command.run(['import', 'ecosystem.json', '--start']);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^web started, pid \d+\n$/);
  expect(stderr).toContain(`gone: there is no script '${command.box.path('gone.cjs')}'`);
});

test.each([
  ['missing.cjs', null, "missing.cjs' cannot be read: there is no such file\n"],
  ['broken.json', '{', "broken.json' cannot be read"],
  ['apps.yml', 'apps: []', "apps.yml' is YAML, which is not read here: expected JavaScript or JSON"],
  ['other.cjs', 'module.exports = 3', "other.cjs' is not an ecosystem file of pm2"],
])('%s is a clear error', async (file, text, told) => {
  const command = commandBox();
  if (text !== null) command.program(file, text);
  expect(await command.run(['import', file])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(told) });
});
