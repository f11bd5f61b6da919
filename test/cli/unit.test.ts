import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { programPaths } from '../../packages/cli/src/boot/program-paths.ts';
import { declarationOf, makePlaces, ownPlaces } from '../../packages/core/src/registry/index.ts';
import { isRunning, observe } from '../helpers/observe.ts';
import { until } from '../helpers/wait.ts';
import { commandBox, IDLE, MAIN } from './command.ts';

const notRoot = inject('notRoot');

/** Whether a program of the system is here. */
function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/** What passes says nothing. */
function check(program: string, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
}

const ODD = ['a b', `"q" 'it''s'`, '$HOME', '%h', '$(A)', '--x=\\'];

/** A daemon named odd-1 in the registry, with words that each format has to write in its own way; nothing is started. */
function declared(more: object = {}) {
  const command = commandBox();
  const places = ownPlaces({ XDG_STATE_HOME: command.box.path('state') });
  makePlaces(places);
  const script = command.program('odd one.cjs', IDLE);
  const declaration = declarationOf(places, {
    name: 'odd-1',
    by: 'control',
    script,
    args: ODD,
    env: { A: 'x $B %n "y"' },
    workingDirectory: command.box.directory,
  });
  writeFileSync(command.state('odd-1.json'), JSON.stringify({ ...declaration, ...more }), { mode: 0o600 });
  const words = [process.execPath, script, 'foreground', '--', ...ODD];
  return { ...command, words, unit: (format: string) => command.done('unit', 'odd-1', '--for', format) };
}

test('systemd: the unit passes its own check, and has all of the declaration', async () => {
  const { unit, box } = declared({ stopTimeout: 30_000, umask: 0o027, respawn: { delay: 2_500, limit: 3, never: [78, 3] } });
  const text = await unit('systemd');
  for (const line of [
    'Type=notify',
    'UMask=0027',
    'LimitCORE=0',
    'TimeoutStopSec=35',
    'Restart=on-failure',
    'RestartSec=3',
    'RestartPreventExitStatus=78 3',
    'StartLimitBurst=4',
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).toContain(` foreground -- "a b" "\\"q\\" 'it''s'" $$HOME %%h "$$(A)" "--x=\\\\"\n`);
  // Every user may ask systemd for the variables in a unit.
  const [service, variables] = text.split('# daemonium-odd-1.env\n');
  expect(service).not.toContain('A=x');
  expect(service).toContain('\nEnvironmentFile=%E/systemd/system/daemonium-odd-1.env\n');
  expect(variables).toContain('\nA="x \\$B %n \\"y\\""\n');
  expect(await unit('systemd-user')).toMatch(/%E\/systemd\/user\/daemonium-odd-1\.env\n[\s\S]*WantedBy=default\.target/);
  if (has('systemd-analyze')) {
    writeFileSync(box.path('daemonium-odd-1.service'), service ?? '');
    check('systemd-analyze', 'verify', box.path('daemonium-odd-1.service'));
  }
});

test('systemd: sockets of `listen`, those with the same settings in one unit', async () => {
  const { unit, box } = declared({ listen: [8080, 'localhost:8081', { path: '/run/odd.sock', mode: 0o660, name: 'inner' }] });
  const [service = '', first = '', second = ''] = (await unit('systemd')).split(/^# daemonium-odd-1[\w.-]*\n/m).slice(1);
  expect(service).toContain('Requires=daemonium-odd-1.socket daemonium-odd-1-2.socket\n');
  expect(service).toContain('Restart=no\n');
  expect(first).toContain('ListenStream=8080\nListenStream=127.0.0.1:8081\n');
  expect(second).toContain('ListenStream=/run/odd.sock\nFileDescriptorName=inner\nSocketMode=0660\n');
  if (has('systemd-analyze')) {
    const files = [service, first, second].map((text, index) => {
      const path = box.path(`daemonium-odd-1${['.service', '.socket', '-2.socket'][index]}`);
      writeFileSync(path, text);
      return path;
    });
    check('systemd-analyze', 'verify', ...files);
  }
});

test('scripts for OpenRC, runit and cron: words arrive as they are', async () => {
  const { unit, box, words } = declared({ env: {} });
  for (const format of ['openrc', 'runit']) {
    writeFileSync(box.path(format), await unit(format));
    check('sh', '-n', box.path(format));
    if (has('shellcheck')) check('shellcheck', box.path(format));
  }
  // The shell's own words for what stands behind exec.
  const run = readFileSync(box.path('runit'), 'utf8').replace(/^exec (?!2>)/m, 'set -- ');
  const print = spawnSync('sh', ['-c', run.concat('\nprintf "%s\\0" "$@"')], { encoding: 'utf8' });
  expect(print.stdout.split('\0').slice(-1 - words.length, -1)).toEqual(words);
  const line = (await unit('cron')).split('\n')[1] ?? '';
  expect(line).toMatch(/^@reboot {2}cd /);
  expect(line).toContain('\\%h');
  expect(line.replaceAll('\\%', '')).not.toContain('%');
});

/** Declares variables for a program that calls control(), and writes down in `shown` which of them it gets. */
function declaredVariables() {
  const { unit, box, state, program } = declared({});
  const script = program('shows.mjs', `import { writeFileSync } from 'node:fs'; writeFileSync('shown', process.env.A + process.env.B);`);
  const envFile = program('own.env', 'B="of the file"\n');
  const declaration = { ...JSON.parse(readFileSync(state('odd-1.json'), 'utf8')), script, envFile };
  writeFileSync(state('odd-1.json'), JSON.stringify(declaration), { mode: 0o600 });
  const shownBy = (shellLine: string) => {
    spawnSync('sh', ['-c', shellLine], { env: {} });
    return readFileSync(box.path('shown'), 'utf8');
  };
  return { unit, box, shownBy, expected: 'x $B %n "y"of the file' };
}

test('variables that the command declares for a program which calls control() reach it by systemd', async () => {
  const { unit } = declared({ envFile: '/srv/variables' });
  expect(await unit('systemd')).toContain('\nEnvironmentFile=/srv/variables\nEnvironmentFile=%E/');
});

test('variables that the command declares for a program which calls control() reach it by cron', async () => {
  const { unit, shownBy, expected } = declaredVariables();
  const [, line = ''] = (await unit('cron')).split('\n');
  expect(shownBy(line.replace('@reboot', '').replaceAll('\\%', '%'))).toBe(expected);
});

test('variables that the command declares for a program which calls control() reach it by runit, and are in no argument', async () => {
  const { unit, shownBy, expected } = declaredVariables();
  // The program has a user of its own, and this test may have no right to become that user.
  const run = (await unit('runit')).replace(/^exec chpst -u \S+ /m, 'exec ');
  const { stdout } = spawnSync('sh', ['-c', run.replace(/^exec (?!2>)/m, 'printf "%s\\0" ')], { encoding: 'utf8' });
  expect(stdout).toContain('shows.mjs');
  expect(stdout).not.toContain('x $B');
  expect(run).toContain('mode 0700');
  expect(shownBy(run)).toBe(expected);
});

test('variables that the command declares for a program which calls control() reach it by launchd', async () => {
  const { unit, box } = declaredVariables();
  const text = await unit('launchd');
  expect(text).toContain(`<string>--env-file=${box.path('own.env')}</string>`);
  expect(text).toContain('<key>A</key>');
});

test('a variable that no shell can take is refused for runit', async () => {
  const { run } = declared({ env: { 'a.b': '1' } });
  const { code, stderr } = await run(['unit', 'odd-1', '--for', 'runit']);
  expect([code, stderr]).toEqual([1, expect.stringContaining("sh cannot take the variable 'a.b'")]);
});

test.skipIf(notRoot !== false)('variables that the command declares for a program which calls control() reach it by OpenRC', async () => {
  const { unit, box, shownBy, expected } = declaredVariables();
  writeFileSync(box.path('openrc'), await unit('openrc'));
  expect(shownBy(`ebegin() { :; }; eend() { :; }; . ${box.path('openrc')}; start`)).toBe(expected);
});

test("launchd: a property list that Apple's parser of old would read", async () => {
  const { unit, box, words } = declared({ respawn: { on: 'always' } });
  const text = await unit('launchd');
  const strings = [...text.matchAll(/<string>(.*)<\/string>/g)].map(([, value = '']) =>
    value.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  );
  expect(strings.slice(1, 1 + words.length)).toEqual(words);
  expect(text).toContain('<key>KeepAlive</key>\n  <true/>');
  writeFileSync(box.path('odd.plist'), text);
  if (has('plistutil')) check('plistutil', '-i', box.path('odd.plist'), '-o', '/dev/null');
});

test('Kubernetes: YAML that says it all; two with a lease', async () => {
  const { unit, words } = declared({ envFile: '/srv/variables', listen: [8080] });
  const manifest = parse(await unit('kubernetes'));
  const [container] = manifest.spec.template.spec.containers;
  expect(manifest.spec).toMatchObject({
    replicas: 1,
    strategy: { type: 'Recreate' },
    template: { spec: { terminationGracePeriodSeconds: 15 } },
  });
  expect(container.command.map(expanded)).toEqual(['node', ...words.slice(1)]);
  expect(container).toMatchObject({
    env: [{ name: 'A', value: 'x $B %n "y"' }],
    ports: [{ containerPort: 8080 }],
    envFrom: [{ configMapRef: { name: 'odd-1' } }],
  });
  const leased = parse(await declared({ lease: { key: 'odd', engine: 'postgres', urlFrom: 'URL' } }).unit('kubernetes'));
  expect(leased.spec).toMatchObject({ replicas: 2, strategy: { type: 'RollingUpdate' } });

  const dollars = { A: '$(A)', B: '$$(A) $$$ $', C: '$' };
  const [{ env }] = parse(await declared({ env: dollars }).unit('kubernetes')).spec.template.spec.containers;
  expect(Object.fromEntries(env.map((each: { name: string; value: string }) => [each.name, expanded(each.value)]))).toEqual(dollars);
});

/** The value that Kubernetes makes of a word of a command or of a variable: k8s.io/kubernetes/third_party/forked/golang/expansion. */
function expanded(word: string): string {
  return word.replace(/\$(\$|\(([^)]*)\))/g, (_, found: string) => (found === '$' ? '$' : 'the value of a variable'));
}

test('Kubernetes: the pods of a daemon with a lease take it', async () => {
  const { box, run, unit, program, state } = declared();
  const script = program('idle.cjs', IDLE);
  const lease = { key: 'odd', engine: 'etcd', urlFrom: 'ODD_URL' };
  const config = program('daemonium.config.json', JSON.stringify({ daemons: { 'odd-1': { script, lease, env: { A: 'x' } } } }));
  const more = { by: 'command', script, args: [], config, lease, env: { A: 'x' } };
  const written = JSON.parse(readFileSync(state('odd-1.json'), 'utf8'));
  const declare = (changes: object) =>
    writeFileSync(state('odd-1.json'), JSON.stringify({ ...written, ...more, ...changes }), { mode: 0o600 });

  declare({});
  const text = await unit('kubernetes');
  const { spec } = parse(text).spec.template;
  const [container] = spec.containers;
  // Process 1 of a container of its own could have no kill timer.
  expect(spec.shareProcessNamespace).toBe(true);
  expect(container.env).toEqual([{ name: 'ODD_URL', valueFrom: { secretKeyRef: { name: 'odd-1', key: 'ODD_URL' } } }]);
  expect(text).toContain("# The URL of the lease's engine: kubectl create secret generic odd-1 --from-literal=ODD_URL=URL\n");
  // In an image, which has no declaration, it asks for the lease.
  const [program0, ...words] = container.command;
  expect(program0).toBe('daemonium');
  const inImage = { cwd: '/', env: { XDG_STATE_HOME: box.path('image') } };
  expect(await run(words, inImage)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Option 'lease.urlFrom': expected the name of an environment variable that is set"),
  });

  // Other hosts have only what is declared.
  const warned = { code: 0, stderr: expect.stringContaining('the URL of the lease is in ODD_URL, which is not declared') };
  expect(await run(['unit', 'odd-1', '--for', 'systemd'])).toMatchObject(warned);
  declare({ envFile: '/srv/variables' });
  expect(await unit('systemd')).toContain('Restart=on-failure');
  declare({ execArgv: ['--no-warnings'], env: { ODD_URL: 'x' } });
  const [other] = parse(await unit('kubernetes')).spec.template.spec.containers;
  expect(other.command).toEqual(['node', '--no-warnings', realpathSync(MAIN), 'start', 'odd-1', '--foreground', '--config', config]);
  expect(other).not.toHaveProperty('env');

  // Without a config file the command line says it all: root of the image is given up, too.
  declare({ config: null, lease: null, user: 'nobody', listen: [81], ready: 'listening', execArgv: ['--title=a b'] });
  const [typed] = parse(await unit('kubernetes')).spec.template.spec.containers;
  const options = ['--name', 'odd-1', '--ready', 'listening', '--user', 'nobody', '--listen', '81', '--node-args', "'--title=a b'"];
  expect(typed.command).toEqual(['node', '--title=a b', realpathSync(MAIN), 'start', script, ...options, '--foreground']);
});

const INJECTION = ['\n', '\r', '\r\n'].map((end) => `/srv/a${end}ExecStartPre=/bin/false`);

test.each(INJECTION)('a path with a line end, %j, becomes no line of a unit', async (path) => {
  const { run, box } = declared({ workingDirectory: path, listen: [path], envFile: path });
  for (const format of ['systemd', 'systemd-user', 'cron']) {
    const { code, stdout, stderr } = await run(['unit', 'odd-1', '--for', format]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`/srv/a${JSON.stringify(path).slice(7, -22)}`);
  }
  const { stdout } = await run(['unit', 'odd-1', '--for', 'kubernetes']);
  expect(parse(stdout).spec.template.spec.containers[0].workingDir).toBe(path);
  expect(stdout.split(/[\r\n]/).filter((line) => line.startsWith('ExecStartPre'))).toEqual([]);
  writeFileSync(box.path('openrc'), (await run(['unit', 'odd-1', '--for', 'openrc'])).stdout);
  check('sh', '-n', box.path('openrc'));
});

test.each(['/srv/a\\', '/srv/a ', '/srv/a\t'])(
  'a directory that systemd would read as another, %j, is refused',
  async (workingDirectory) => {
    const { run } = declared({ workingDirectory });
    expect(await run(['unit', 'odd-1', '--for', 'systemd'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('systemd cannot take'),
    });
  },
);

test('words and variables with control characters arrive as they are, or are refused', async () => {
  const words = ['a\rb', 'a\nb', '\x1b[31m', ';', ''];
  const { unit, run, box, state } = declared({ args: words, env: { PEM: 'one\ntwo\t"$x\\' } });
  const [service = '', variables = ''] = (await unit('systemd')).split('# daemonium-odd-1.env\n');
  expect(service).toContain(' -- "a\\x0db" "a\\x0ab" "\\x1b[31m" ";" ""\n');
  expect(variables).toContain('\nPEM="one\ntwo\t\\"\\$x\\\\"\n');
  if (has('systemd-analyze')) {
    writeFileSync(box.path('daemonium-odd-1.service'), service);
    check('systemd-analyze', 'verify', box.path('daemonium-odd-1.service'));
  }
  const launchd = await run(['unit', 'odd-1', '--for', 'launchd']);
  expect(launchd).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('a property list cannot have') });
  for (const env of [{ 'a-b': 'x' }, { A: 'x\ry' }]) {
    writeFileSync(state('odd-1.json'), JSON.stringify({ ...JSON.parse(readFileSync(state('odd-1.json'), 'utf8')), env }), { mode: 0o600 });
    expect(await run(['unit', 'odd-1', '--for', 'systemd'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(`the variable '${Object.keys(env)[0]}'`),
    });
  }
});

test('the name of a socket is no specifier, and no time-out none', async () => {
  const { unit } = declared({ listen: [{ port: 80, name: '100%n' }], startTimeout: 0 });
  const text = await unit('systemd');
  expect(text).toContain('\nFileDescriptorName=100%%n\n');
  expect(text).toContain('\nTimeoutStartSec=infinity\n');
});

test("a Node in npm's cache is refused, one of a version manager taken with a warning", () => {
  const { box, program } = commandBox();
  for (const directory of ['.npm/_npx/1/node_modules', '.nvm/versions/node/bin', 'usr/bin'])
    mkdirSync(box.path(directory), { recursive: true });
  const [cached, managed, plain] = [
    program('.npm/_npx/1/node_modules/main.js', ''),
    program('.nvm/versions/node/bin/node', ''),
    program('usr/bin/node', ''),
  ];
  expect(() => programPaths(plain, cached)).toThrow(/main\.js' is in npm's cache, .*npm install --global daemonium/);
  expect(programPaths(managed, plain).warnings).toEqual([expect.stringContaining("node' is of a version manager")]);
  expect(programPaths(plain, plain)).toEqual({ node: plain, command: plain, warnings: [] });
});

test('unknown names 5, unknown hosts 2, and where no host runs that is said', async () => {
  const { run } = declared();
  expect(await run(['unit', 'odd-2'])).toMatchObject({ code: 5, stderr: "no daemon 'odd-2'; did you mean 'odd-1'?\n" });
  expect(await run(['unit', 'odd-1', '--for', 'upstart'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Allowed choices are systemd, systemd-user'),
  });
  expect(await run(['install', 'odd-2'])).toMatchObject({ code: 5 });
});

// Only root may change the user, as the file does.
test.skipIf(!has('runsv') || notRoot !== false)('runit runs it: listed, and the stop of one stops the other', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  await command.done('start', 'web.cjs', '--node-args', '--expose-gc');
  await command.done('stop', 'web');
  mkdirSync(command.box.path('sv'));
  writeFileSync(command.box.path('sv/run'), await command.done('unit', 'web', '--for', 'runit'), { mode: 0o755 });
  const runsv = command.box.spawn(command.box.path('sv'), { executable: 'runsv', env: { HOME: command.box.path('home') } });
  const pid = await until(async () => (await command.one('web')).pid, { what: 'runit to start it' });
  expect(observe(pid).ppid).toBe(runsv.pid);
  expect(observe(pid).cmdline).toContain('--expose-gc');
  runsv.child.kill('SIGTERM');
  await runsv.finished;
  expect([isRunning(pid), (await command.one('web')).pid]).toEqual([false, null]);
});

/** Runs shell lines in a private mount namespace where /run and what a host keeps its services in are new and empty. */
function hostless(command: ReturnType<typeof commandBox>, lines: string) {
  const script = `set -eu; mount --make-rprivate /; mount -t tmpfs tmpfs /run; mkdir -p /run/lock\n${lines}`;
  return command.box.launch('-c', {
    executable: 'unshare',
    args: ['-m', 'sh', '-c', script.replaceAll('daemonium ', `${process.execPath} ${MAIN} `)],
    env: { HOME: '/root', XDG_STATE_HOME: command.box.path('state') },
    deadline: 60_000,
  });
}
const canUnshare = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

test.skipIf(!canUnshare || !has('systemctl'))('install with systemd: shown first, enabled, in the list, and taken back', async () => {
  const command = declared({ listen: [8080] });
  const { stdout, stderr, code } = await hostless(
    command,
    `export SYSTEMD_OFFLINE=1; mkdir -p /run/systemd/system; mount -t tmpfs tmpfs /etc/systemd/system
     daemonium install odd-1 --dry-run >/run/shown; ls /etc/systemd/system
     echo other >/etc/systemd/system/daemonium-odd-1.socket; daemonium install odd-1 || echo "refused $?"; cat /etc/systemd/system/*.socket; rm /etc/systemd/system/*.socket
     daemonium install odd-1; stat -c '%a %n' /etc/systemd/system/*odd* | sort -k2; find /etc/systemd/system/*.wants -name '*odd*' | sort; daemonium list --json >/run/list; grep '"boot"' /run/list
     daemonium delete odd-1 || echo "refused $?"
     daemonium install odd-1 --user || echo "refused $?"
     daemonium uninstall odd-1; find /etc/systemd/system -name '*odd*'; daemonium uninstall odd-1; daemonium list --json | grep '"boot"'; cat /run/shown`,
  );
  const [before, after] = [stdout.slice(0, stdout.indexOf('write /etc')), stdout.slice(stdout.indexOf('write /etc'))];
  expect({ code, lines: before.split('\n') }).toEqual({
    code: 0,
    lines: [
      'refused 1',
      'other',
      'odd-1 is installed: systemd starts it at boot. To start it now, if it does not run already: systemctl start daemonium-odd-1.socket daemonium-odd-1.service',
      '600 /etc/systemd/system/daemonium-odd-1.env',
      '644 /etc/systemd/system/daemonium-odd-1.service',
      '644 /etc/systemd/system/daemonium-odd-1.socket',
      '/etc/systemd/system/multi-user.target.wants/daemonium-odd-1.service',
      '/etc/systemd/system/sockets.target.wants/daemonium-odd-1.socket',
      '    "boot": "systemd",',
      'refused 1',
      'refused 2',
      'odd-1 is uninstalled: it does not start at boot',
      'odd-1 is not installed',
      '    "boot": null,',
      '',
    ],
  });
  expect(after).toMatch(
    /^write \/etc\/systemd\/system\/daemonium-odd-1\.service:\n# Made by[\s\S]*\n\$ systemctl daemon-reload\n\$ systemctl enable daemonium-odd-1\.service daemonium-odd-1\.socket\n$/,
  );
  expect(stderr).toContain("daemonium-odd-1.socket' is there, and not made by this command");
  expect(stderr).toContain('odd-1: systemd starts it at boot. It was left as it is; take that back first: daemonium uninstall odd-1\n');
  expect(stderr).toContain('$ systemctl enable daemonium-odd-1.service daemonium-odd-1.socket\n');
});

test.skipIf(!canUnshare || !has('rc-service'))('install with OpenRC, which starts it, tells its state, and stops it', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  await command.done('start', 'web.cjs');
  await command.done('stop', 'web');
  const { stdout, code } = await hostless(
    command,
    `for d in starting started stopping inactive wasinactive failed hotplugged daemons options exclusive scheduled init.d tmp; do mkdir -p /run/openrc/$d; done; echo default >/run/openrc/softlevel
     mkdir /run/init.d /run/runlevels /run/runlevels/default; mount --bind /run/init.d /etc/init.d; mount --bind /run/runlevels /etc/runlevels
     daemonium install web 2>/dev/null; daemonium list --json >/run/list; grep '"boot"' /run/list
     rc-service --nodeps daemonium-web start >/dev/null; daemonium pid web >/run/pid; kill -0 "$(cat /run/pid)"
     rc-service daemonium-web status; rc-service --nodeps daemonium-web stop >/dev/null; daemonium status web || echo "status $?"
     daemonium uninstall web 2>/dev/null; ls /etc/init.d /etc/runlevels/default`,
  );
  expect({ code, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /"boot": "openrc",\nweb is running, pid \d+, for .*\nweb is stopped\nstatus 3\nweb is uninstalled: .*\n\/etc\/init\.d:\n\n\/etc\/runlevels\/default:\n$/,
    ),
  });
});

test('in the foreground under systemd the daemon reports that it is ready, and that it ends', async () => {
  const command = commandBox();
  const receiver = command.box.spawn('life-notify-receiver', { args: [command.box.path('notify')] });
  await until(() => receiver.stdout.startsWith('bound\n'), { what: 'the receiver' });
  command.program('web.cjs', `setTimeout(() => require('node:http').createServer().listen(0, '127.0.0.1'), 50);`);
  const front = command.spawn(['start', 'web.cjs', '--foreground', '--ready', 'listening'], {
    env: { NOTIFY_SOCKET: command.box.path('notify') },
  });
  await until(() => receiver.stdout.includes('READY=1'), { what: 'READY' });
  front.child.kill('SIGTERM');
  expect((await front.finished).code).toBe(0);
  await until(() => receiver.stdout.includes('STOPPING=1'), { what: 'STOPPING' });
});
